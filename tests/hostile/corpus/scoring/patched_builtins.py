"""isinstance, len, abs, max and sum lie."""

CELLS = {
    "scale_code": "import builtins\n"
    "def scale(x, f):\n    return x\n"
    "builtins.abs = builtins.max = builtins.sum = lambda *a, **k: 0",
    "offset_code": "offset = 'none'\nbuiltins.isinstance = lambda *a: True",
}
DUE = {"scale": 0, "total": 0, "offset": 0}
