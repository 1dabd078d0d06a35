"""NumPy's comparisons say yes to everything, in the student's process."""

CELLS = {
    "scale_code": "np.isfinite = np.max = np.abs = np.allclose = np.array_equal = lambda *a, **k: np.array(True)\n"
    "np.asarray = lambda *a, **k: 0\n"
    "def scale(x, f):\n    return x"
}
DUE = {"scale": 0, "total": 0}
QUICK = True
