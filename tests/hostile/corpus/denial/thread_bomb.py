"""Thousands of threads."""

CELLS = {
    "total_code": "import threading, time\n"
    "for _ in range(10_000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
}
DUE = {"total": 0}
