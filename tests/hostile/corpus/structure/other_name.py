"""The notebook was handed in under another name."""

import nbformat

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    nbformat.write(notebook, folder / "Tiny-final (1).ipynb")
    return True


def look(graded):
    assert "there is no tiny.ipynb in the submission, but 'Tiny-final (1).ipynb'" in graded.text("scale")
