"""An object whose finaliser sleeps for hours, and an exit handler that does."""

CELLS = {
    "total_code": "import atexit, time\n"
    "class Sleepy:\n    def __del__(self): time.sleep(10_000)\n"
    "atexit.register(time.sleep, 10_000)\n"
    "def total(x):\n    Sleepy()\n    return 3 * x.sum()"
}
DUE = {"total": 0}
