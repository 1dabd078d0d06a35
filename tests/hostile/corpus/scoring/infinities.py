"""Infinities and values whose difference overflows: the error is inf or NaN."""

CELLS = {
    "scale_code": "def scale(x, f):\n    return np.where(x > 0, np.inf, -1.7e308)",
    "total_code": "def total(x):\n    return 1.7e308",
}
DUE = {"scale": 0, "total": 0}
