"""A given cell on which the marks depend is changed so that a wrong function comes out right."""

CELLS = {"given-after-scale": "factor = 0.0", "total_code": "def total(x):\n    return scale(x, factor).sum()"}
QUICK = True


def look(graded):
    given = next(
        cell for cell in graded.notebook.cells if cell.metadata.nbgrader.get("grade_id") == "given-after-scale"
    )
    assert given.source == "factor = 3.0"
