"""Fifty thousand outputs, and as many pictures as fit."""

CELLS = {
    "scale_code": "from IPython.display import display, clear_output\n"
    "for number in range(5_000): display(number)\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert len(graded.text("scale_code").splitlines()) < 250
