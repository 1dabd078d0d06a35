"""The argument is emptied in place, in the hope that the right answer is computed from it afterwards."""

CELLS = {"scale_code": "def scale(x, f):\n    x[...] = 0\n    return x.copy()"}
DUE = {"scale": 0, "total": 0}
