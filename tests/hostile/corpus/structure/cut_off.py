"""The notebook ends in the middle, as after a broken upload."""

import nbformat

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    text = nbformat.writes(notebook)
    (folder / "tiny.ipynb").write_text(text[: len(text) // 2])
    return True
