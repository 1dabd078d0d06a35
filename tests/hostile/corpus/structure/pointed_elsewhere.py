"""Two answers exchange their names: each is run where the other one belongs."""

DUE = {"scale": 0}


def build(folder, notebook):
    names = {"scale_code": "total_code", "total_code": "scale_code"}
    for cell in notebook.cells:
        cell.metadata.nbgrader.grade_id = names.get(cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.grade_id)
