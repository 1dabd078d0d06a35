"""The metadata of the cells says 100 points, for cells that are answered wrong and right."""

CELLS = {"scale_code": "def scale(x, f):\n    return x"}
DUE = {"scale": 0, "total": 0}


def build(folder, notebook):
    for cell in notebook.cells:
        if "points" in cell.metadata.nbgrader:
            cell.metadata.nbgrader.points = 100
