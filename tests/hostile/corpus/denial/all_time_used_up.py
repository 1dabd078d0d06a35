"""Each call takes nearly as long as it may, so that the whole submission runs out of time."""

CELLS = {
    "scale_code": "import time\ndef scale(x, f):\n    time.sleep(4.6)\n    return f * x",
    "total_code": "def total(x):\n    time.sleep(4.6)\n    return 3 * x.sum()",
    "offset_code": "time.sleep(4.6)\ntime.sleep(4.6)\noffset = 1",
}
DUE = {"total": 0, "offset": 0}
