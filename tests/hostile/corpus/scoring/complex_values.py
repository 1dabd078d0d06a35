"""Complex values whose real part is right."""

CELLS = {"scale_code": "def scale(x, f):\n    return f * x + 1j"}
DUE = {"scale": 0, "total": 0}
