"""Submissions through nbgrader: right, half right, blank; regrading; manual marks; feedback."""

import nbformat
from nbgrader.api import Gradebook

WRONG_SCALE = "def scale(x, f):\n    return f * f * x"


def test_right_half_and_blank(course, right):
    course.submit("right", course.submission(**right))
    course.submit("half", course.submission(**right | {"scale_code": WRONG_SCALE}))
    course.submit("blank", course.submission())
    for student in ("right", "half", "blank"):
        course.autograde(student)
    assert course.scores("right") == {"scale": 3, "total": 2, "offset": 0.5, "why": None}
    assert course.scores("half") == {"scale": 0, "total": 0, "offset": 0.5, "why": None}
    assert course.scores("blank") == {"scale": 0, "total": 0, "offset": 0, "why": 0}

    result = course.api.generate_feedback("tiny", force=True)
    assert result["success"], result.get("log")
    page = (course.root / "feedback" / "half" / "tiny" / "tiny.html").read_text()
    assert "feedback on scale: 0 of 3 points" in page
    assert "all 12 values are off" in page
    assert "y = f x" in page
    assert "is the factor applied once?" in page
    assert "data:image/png;base64" in page
    assert 'alt="Heatmap of the difference' in page
    assert "rng.normal" not in page  # no source of a hidden check


def test_graded_cell_has_score_first_and_is_labelled(course, right):
    report = course.grade(
        course.submission(**right | {"total_code": "def total(x):\n    return scale(x, 3).sum() + 1"})
    )
    assert (report.score, report.points, report.sandboxed) == (3.5, 5.5, True)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in report.notebook.cells}
    first, second = cells["total"].outputs
    assert (first.output_type, first.data["text/plain"]) == ("execute_result", "0.0")
    assert second.data["text/html"].startswith('<section aria-label="Grader')
    assert report.notebook.metadata.toonlens.sandbox == "bubblewrap"


def test_regrade_resets_automatic_and_keeps_manual_marks(course, right):
    course.submit("again", course.submission(**right))
    course.autograde("again")
    with Gradebook(course.api.coursedir.db_url) as gradebook:
        why = gradebook.find_grade("why", "tiny", "tiny", "again")
        why.manual_score = 3.5
        comment = gradebook.find_comment("why", "tiny", "tiny", "again")
        comment.manual_comment = "good"
        gradebook.db.commit()
    worse = course.submission(**right | {"scale_code": "raise RuntimeError"})
    worse.cells = [cell for cell in worse.cells if cell.metadata.nbgrader.grade_id != "scale"]
    course.submit("again", worse)
    course.autograde("again")
    assert course.scores("again") == {"scale": 0, "total": 0, "offset": 0.5, "why": None}
    with Gradebook(course.api.coursedir.db_url) as gradebook:
        why = gradebook.find_grade("why", "tiny", "tiny", "again")
        assert (why.manual_score, why.score) == (3.5, 3.5)
        assert gradebook.find_comment("why", "tiny", "tiny", "again").comment == "good"


def test_autograded_notebook_opens_in_the_released_order(course, right):
    notebook = course.submission(**right)
    notebook.cells.reverse()
    course.submit("mixed", notebook)
    course.autograde("mixed")
    assert course.scores("mixed") == {"scale": 3, "total": 2, "offset": 0.5, "why": None}
    graded = nbformat.read(course.root / "autograded" / "mixed" / "tiny" / "tiny.ipynb", as_version=4)
    released = nbformat.read(course.root / "course" / "tiny" / "tiny.ipynb", as_version=4)
    nbformat.validate(graded)
    names = [[cell.metadata.nbgrader.grade_id for cell in nb.cells] for nb in (graded, released)]
    assert names[0] == names[1]
