"""The notebook claims format 99, with parts that no format has."""

import json

import nbformat


def build(folder, notebook):
    content = json.loads(nbformat.writes(notebook)) | {"nbformat": 99, "nbformat_minor": -1, "future": True}
    (folder / "tiny.ipynb").write_text(json.dumps(content))
    return True
