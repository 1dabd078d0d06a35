"""Fifteen hundred outputs, each of which would be an element of the page."""

CELLS = {
    "scale_code": "from IPython.display import display, clear_output\n"
    "for number in range(1_500): display(number)\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert len(graded.text("scale_code").splitlines()) < 250
