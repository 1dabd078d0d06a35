"""Eight thousand extra cells, each of which would take its time."""

from nbformat.v4 import new_code_cell


def build(folder, notebook):
    notebook.cells[2:2] = [new_code_cell("0") for _ in range(8_000)]


def look(graded):
    assert len(graded.notebook.cells) < 250
