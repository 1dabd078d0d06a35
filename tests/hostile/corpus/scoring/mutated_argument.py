"""The function works in place: the values are right, the argument is not left alone."""

CELLS = {"scale_code": "def scale(x, f):\n    x *= f\n    return x"}
DUE = {"scale": 2}
QUICK = True
