"""A thread that goes on printing and counting while other cells are run and checked."""

CELLS = {
    "scale_code": "import threading, time\n"
    "def go_on():\n    while True:\n        print('still here', flush=True)\n        time.sleep(0.01)\n"
    "threading.Thread(target=go_on, daemon=True).start()\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert "still here" not in graded.text("scale") + graded.text("total")
