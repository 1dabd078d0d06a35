"""A notebook without any cell."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    notebook.cells = []
