"""A notebook larger than a notebook may be."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    notebook.cells[1].source += "\n# " + "x" * 3_000_000


def look(graded):
    assert "more than 2.1: clear large outputs" in graded.text("scale")
