"""Hundreds of thousands of empty files in memory: no byte in them, but a name each."""

CELLS = {
    "total_code": "import os, time\n"
    "for folder in range(3000):\n"
    "    os.mkdir(f'/tmp/{folder}')\n"
    "    for name in range(1000): os.mknod(f'/tmp/{folder}/{name}')\n"
    "time.sleep(60)"
}
DUE = {"total": 0}


def look(graded):
    text = graded.text("total_code")
    assert "used more than 1024 MB of memory" in text or "more than 5 s" in text or "Stopped after 5 s" in text
