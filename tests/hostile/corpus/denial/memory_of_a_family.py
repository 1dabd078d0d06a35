"""Many children take memory, each less than one process may have."""

CELLS = {
    "total_code": "import os, time\n"
    "for _ in range(12):\n"
    "    if os.fork() == 0:\n"
    "        block = bytearray(200 << 20)\n        time.sleep(60)\n"
    "time.sleep(60)"
}
DUE = {"total": 0}


def look(graded):
    assert "used more than 1024 MB of memory" in graded.text("total_code")
