"""Dozens of processes that keep every core busy while others are graded, and ask for the cores of others."""

CELLS = {
    "scale_code": "import os\n"
    "try:\n    os.sched_setaffinity(0, range(os.cpu_count()))\n    print('all cores')\n"
    "except OSError as error:\n    print(error)\n"
    "for _ in range(40):\n"
    "    if os.fork() == 0:\n"
    "        os.setpriority(os.PRIO_PROCESS, 0, 0)\n"
    "        while True: pass\n"
    "def scale(x, f):\n    return f * x"
}
DUE = {"scale": (0.0, 2.0, 3.0), "total": (0.0, 2.0), "offset": (0.0, 0.5)}  # it slows down nobody but itself


def look(graded):
    assert "Operation not permitted" in graded.text("scale_code")
