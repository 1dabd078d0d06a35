"""Writes to the file descriptors of standard output and error instead of printing."""

CELLS = {
    "scale_code": "import os\n"
    "for _ in range(500):\n    os.write(1, b'x' * 10_000)\n    os.write(2, b'y' * 10_000)\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert len(graded.text("scale_code")) < 70_000
