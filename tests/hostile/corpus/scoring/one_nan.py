"""All values are right but for one NaN."""

CELLS = {"scale_code": "def scale(x, f):\n    y = f * x\n    y.flat[0] = np.nan\n    return y"}
DUE = {"scale": 0, "total": 0}
