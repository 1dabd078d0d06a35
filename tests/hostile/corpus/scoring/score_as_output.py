"""Extra cells beside the graded ones end in a score and claim to be graded cells."""

from nbformat.v4 import new_code_cell, new_output

CELLS = {"scale_code": "3.0", "total_code": "200.0"}
DUE = {"scale": 0, "total": 0}


def build(folder, notebook):
    output = new_output("execute_result", data={"text/plain": "3.0"}, execution_count=9)
    for place in (3, 2, 1):
        cell = new_code_cell("3.0", outputs=[output])
        cell.metadata.nbgrader = {"grade": True, "grade_id": "scale", "points": 3, "solution": False, "locked": True,
                                  "task": False, "schema_version": 3}  # fmt: skip
        notebook.cells.insert(place, cell)
