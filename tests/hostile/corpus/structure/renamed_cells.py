"""The answers' names are changed, so none of them is an answer; as extra cells at their place they still run."""

DUE = {"why": 0}


def build(folder, notebook):
    for cell in notebook.cells:
        if cell.metadata.nbgrader.solution:
            cell.metadata.nbgrader.grade_id += "_old"
