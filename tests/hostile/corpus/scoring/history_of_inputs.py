"""Reads the hidden test from IPython's history and prints it."""

CELLS = {
    "scale_code": "history = get_ipython().history_manager\n"
    "def scale(x, f):\n    print(In[-1], _ih, list(history.get_range()))\n    return x",
    "total_code": "print(In, list(history.get_range()))\ndef total(x):\n    return 0.0",
}
DUE = {"scale": 0, "total": 0}
QUICK = True
