"""Fifteen hundred outputs, each of which would be an element of the page."""

CELLS = {
    "scale_code": "from IPython.display import display, clear_output\n"
    "for number in range(1_500): display(number)\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert 100 < sum(len(cell.get("outputs", [])) for cell in graded.notebook.cells) < 250
    assert "More output than is kept" in graded.text("scale_code")
