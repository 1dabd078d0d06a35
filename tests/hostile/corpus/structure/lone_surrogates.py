"""Sources with halves of characters, which cannot be written to a file."""

import json

import nbformat


def build(folder, notebook):
    text = nbformat.writes(notebook).replace("Because", "Because \\ud800\\udfff\\udc00")
    assert "ud800" in text
    (folder / "tiny.ipynb").write_text(text)
    json.loads(text)
    return True
