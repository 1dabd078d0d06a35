"""A timer ends the kernel while the next, honest cells are run and checked."""

CELLS = {
    "scale_code": "import os, threading\nthreading.Timer(1.5, os._exit, [0]).start()\n"
    "def scale(x, f):\n    return f * x",
    "total_code": "import time\ntime.sleep(2)\n"
    "def scale(x, f):\n    return f * x\ndef total(x):\n    return scale(x, factor).sum()",
}
QUICK = True


def look(graded):
    assert "left something behind that ended the kernel" in graded.text("scale_code")
    assert "ended the kernel" not in graded.text("total_code")
