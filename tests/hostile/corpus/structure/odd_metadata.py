"""Cells whose metadata have the wrong types."""

import json

import nbformat


def build(folder, notebook):
    content = json.loads(nbformat.writes(notebook))
    odd = [[], "x", None, {"nbgrader": 3}, {"nbgrader": {"grade_id": ["scale"]}}, {"nbgrader": {"grade_id": None}}]
    for number, metadata in enumerate(odd):
        content["cells"].append({"cell_type": "code", "metadata": metadata, "source": {"a": number}, "outputs": 7})
    content["cells"] += [None, 3, "cell", [], {}, {"cell_type": ["code"]}, {"cell_type": "heading", "source": "x"}]
    (folder / "tiny.ipynb").write_text(json.dumps(content))
    return True
