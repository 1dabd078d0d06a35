"""A daemon of its own session that is to outlive the grading."""

CELLS = {
    "scale_code": "import os, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        os.execvp('sleep', ['sleep', '98765'])\n"
    "    os._exit(0)\n"
    "os.wait()\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    from pathlib import Path

    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert b"98765" not in process.read_bytes()
        except OSError:
            continue
