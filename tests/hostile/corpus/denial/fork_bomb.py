"""Processes that fork without end."""

CELLS = {
    "total_code": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
}
DUE = {"total": 0}
