"""Every cell is there twice, locked ones too; the copies of the answers are wrong."""

import nbformat


def build(folder, notebook):
    copies = [nbformat.from_dict(cell) for cell in notebook.cells]
    for cell in copies:
        cell.id = f"{cell.id[:40]}-copy"
        if cell.metadata.nbgrader.solution:
            cell.source = "raise RuntimeError"
    notebook.cells = copies + notebook.cells


QUICK = True
