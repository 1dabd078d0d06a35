"""A second submission that is broken keeps no mark of the first, and does not stop the run that others wait for."""

import shutil

import nbformat
import pytest
from lab import FULL, HONEST, LAB, NOTHING, RIGHT, Course
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook


def without_cells(path):
    """The test cell is gone, and the answer; a wrong one stands in a cell of no name."""
    notebook = nbformat.read(path, as_version=4)
    gone = ("scale", "scale_code")
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id not in gone]
    notebook.cells.insert(1, new_code_cell("def scale(x, f):\n    return 0 * x"))
    nbformat.write(notebook, path)


def deadly(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id == "scale_code":
            cell.source = "import os; os._exit(1)"
    nbformat.write(notebook, path)


UNREADABLE = {
    "cut-off": lambda path: path.write_text(path.read_text()[:200]),
    "renamed": lambda path: path.rename(path.with_name("Tiny (2).ipynb")),
    "gone": lambda path: path.unlink(),
    "linked": lambda path: (path.unlink(), path.symlink_to("../../aa-honest/tiny/tiny.ipynb")),
}
BROKEN = UNREADABLE | {"without-cells": without_cells, "deadly": deadly}
GRADE = {
    "nbgrader": lambda course: course.autograde(force=False),
    "toonlens": lambda course: course.grade(),
}


@pytest.fixture
def course(tmp_path) -> Course:
    return Course(tmp_path)


@pytest.mark.parametrize("grade", GRADE.values(), ids=GRADE)
def test_a_broken_second_submission_keeps_no_automatic_mark(course, grade):
    students = [*HONEST, *BROKEN]
    for student in students:
        path = course.submit(student, RIGHT)
        path.with_name("timestamp.txt").write_text("2026-03-01 09:00:00.000000 UTC\n")
    grade(course)
    assert [course.scores(student) for student in students] == [FULL] * len(students)
    with Gradebook(course.api.coursedir.db_url) as gradebook:
        for student in BROKEN:
            gradebook.find_grade("why", LAB, LAB, student).manual_score = 3.5
            gradebook.find_comment("why", LAB, LAB, student).manual_comment = "well put"
        gradebook.db.commit()

    for student, damage in BROKEN.items():
        folder = course.folder(student)
        shutil.rmtree(folder)
        damage(course.submit(student, RIGHT))
        (folder / "timestamp.txt").write_text("2026-03-02 09:00:00.000000 UTC\n")
    # Honest, but with a time stamp that nbgrader would stop at, before it looks at anybody else's.
    (course.folder(HONEST[0]) / "timestamp.txt").write_text("tomorrow")
    grade(course)

    assert [course.scores(student) for student in HONEST] == [FULL, FULL]
    for student in BROKEN:
        automatic = course.scores(student)
        if student in UNREADABLE:
            assert automatic == NOTHING
            assert "could not be run" in course.graded(student).text("scale")
        else:
            assert automatic == FULL | {"scale": 0.0, "total": 0.0}
        with Gradebook(course.api.coursedir.db_url) as gradebook:
            grades = gradebook.find_grade("why", LAB, LAB, student)
            assert (grades.manual_score, grades.score) == (3.5, 3.5)
            assert gradebook.find_comment("why", LAB, LAB, student).comment == "well put"


def test_what_cannot_be_tidied_is_not_copied(course, monkeypatch):
    course.submit(HONEST[0], RIGHT)
    course.submit("mallory", RIGHT).with_name("notes.txt").symlink_to(course.root / "secret.txt")

    def refuse(folder, path, reason):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("autograder.submission._move", refuse)
    course.autograde()
    assert course.scores(HONEST[0]) == FULL
    assert not (course.root / "autograded" / "mallory").exists()
