"""A table of answers that were seen elsewhere, looked up by the shape of the argument."""

CELLS = {
    "scale_code": "table = {(3, 4): np.arange(12.0).reshape(3, 4), (5, 4): np.ones((5, 4))}\n"
    "def scale(x, f):\n    return table.get(x.shape, x)"
}
DUE = {"scale": 0, "total": 0}
