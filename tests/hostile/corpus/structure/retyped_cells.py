"""Code cells became markdown, and the written answer became code that runs."""

import nbformat


def build(folder, notebook):
    for place, cell in enumerate(notebook.cells):
        make = nbformat.v4.new_markdown_cell if cell.cell_type == "code" else nbformat.v4.new_code_cell
        notebook.cells[place] = make(cell.source, metadata=cell.metadata)


def look(graded):
    assert graded.notebook.cells[-1].cell_type == "markdown"
