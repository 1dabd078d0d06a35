"""A notebook of format 3, with worksheets."""

import json

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    cells = [
        {"cell_type": "code", "input": cell.source, "language": "python", "outputs": []} for cell in notebook.cells
    ]
    content = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    (folder / "tiny.ipynb").write_text(json.dumps(content))
    return True


def look(graded):
    assert "no notebook of format 4" in graded.text("scale")
