"""An object gives another array each time it is asked for one, in the hope that the last one is compared."""

CELLS = {
    "scale_code": "class Changing:\n    calls = 0\n    shape = (5, 4)\n"
    "    def __array__(self, dtype=None, copy=None):\n"
    "        Changing.calls += 1\n        return np.full((5, 4), float(Changing.calls))\n"
    "def scale(x, f):\n    return Changing()"
}
DUE = {"scale": 0, "total": 0}
