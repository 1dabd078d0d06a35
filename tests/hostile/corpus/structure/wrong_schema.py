"""nbgrader's metadata claim a version from the future, other points, no lock, a task, and a false checksum."""

QUICK = True


def build(folder, notebook):
    for cell in notebook.cells:
        cell.metadata.nbgrader.update(
            schema_version=99, points=100, locked=False, solution=True, checksum="x", task=True, cell_type="raw"
        )
