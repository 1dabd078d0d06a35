"""Arrays that would be broadcast against the right ones: empty, a single value, one row."""

CELLS = {
    "scale_code": "shapes = [np.zeros(()), np.zeros((0, 4)), np.zeros((1, 4))]\n"
    "def scale(x, f):\n    shapes.append(shapes.pop(0))\n    return shapes[-1]"
}
DUE = {"scale": 0, "total": 0}
