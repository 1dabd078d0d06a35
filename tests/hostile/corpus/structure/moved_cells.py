"""All cells in the opposite order."""


def build(folder, notebook):
    notebook.cells.reverse()


def look(graded):
    names = [cell.metadata.nbgrader.grade_id for cell in graded.notebook.cells]
    assert names[:3] == ["given-01", "scale_code", "scale"]
