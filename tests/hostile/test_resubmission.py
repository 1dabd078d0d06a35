"""A second submission that is broken keeps no mark of the first, and does not stop the run that others wait for."""

import shutil

import pytest
from lab import FULL, HONEST, LAB, NOTHING, RIGHT, Course
from nbgrader.api import Gradebook

BROKEN = {
    "cut-off": lambda path: path.write_text(path.read_text()[:200]),
    "renamed": lambda path: path.rename(path.with_name("Tiny (2).ipynb")),
    "gone": lambda path: path.unlink(),
    "linked": lambda path: (path.unlink(), path.symlink_to("../../aa-honest/tiny/tiny.ipynb")),
}


@pytest.fixture
def course(tmp_path) -> Course:
    return Course(tmp_path)


def test_a_broken_second_submission_keeps_no_automatic_mark(course):
    students = [*HONEST, *BROKEN]
    for student in students:
        path = course.submit(student, RIGHT)
        path.with_name("timestamp.txt").write_text("2026-03-01 09:00:00.000000 UTC\n")
    course.autograde()
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
    course.autograde(force=False)

    assert [course.scores(student) for student in HONEST] == [FULL, FULL]
    for student in BROKEN:
        assert course.scores(student) == NOTHING
        with Gradebook(course.api.coursedir.db_url) as gradebook:
            grade = gradebook.find_grade("why", LAB, LAB, student)
            assert (grade.manual_score, grade.score) == (3.5, 3.5)
            assert gradebook.find_comment("why", LAB, LAB, student).comment == "well put"
        assert "could not be run" in course.graded(student).text("scale")


def test_what_cannot_be_tidied_is_not_copied(course, monkeypatch):
    course.submit(HONEST[0], RIGHT)
    course.submit("mallory", RIGHT).with_name("notes.txt").symlink_to(course.root / "secret.txt")

    def refuse(folder, path, reason):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("autograder.submission._move", refuse)
    course.autograde()
    assert course.scores(HONEST[0]) == FULL
    assert not (course.root / "autograded" / "mallory").exists()
