"""A cell that ignores SIGINT and SIGTERM and never ends."""

CELLS = {
    "total_code": "import signal\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "while True: pass"
}
DUE = {"total": 0}
