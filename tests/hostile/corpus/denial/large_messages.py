"""Outputs of seven megabytes each, faster than the grader reads them."""

CELLS = {
    "scale_code": "from IPython.display import display\n"
    "for _ in range(40): display({'text/plain': 'x' * 7_000_000}, raw=True)\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert len(graded.text("scale_code")) < 70_000
