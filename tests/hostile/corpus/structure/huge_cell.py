"""An answer followed by a million characters."""

CELLS = {"scale_code": "def scale(x, f):\n    return f * x\n#" + "x" * 1_000_000}
