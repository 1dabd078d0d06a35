"""The notebook is in Latin-1, with letters that are no UTF-8."""

import json

import nbformat

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    notebook.cells[-1].source = "naïve café"
    content = json.loads(nbformat.writes(notebook))
    (folder / "tiny.ipynb").write_bytes(json.dumps(content, ensure_ascii=False).encode("latin-1"))
    return True


def look(graded):
    assert "not text in UTF-8" in graded.text("scale")
