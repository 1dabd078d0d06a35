"""Every lab through the real grader, in the sandbox: the solution gets every automatic point, a blank notebook none."""

import nbformat
import pytest
from bank import bank_of

from autograder.grade import grade_notebook
from autograder.labs import lab_names
from autograder.samples import sample_submission

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("lab", lab_names())
@pytest.mark.parametrize("kind", ["right", "blank"])
def test_marks(lab, kind, tmp_path):
    nbformat.write(sample_submission(lab, kind), tmp_path / f"{lab}.ipynb")
    report = grade_notebook(tmp_path / f"{lab}.ipynb", lab)
    off = {
        question.grade_id: [(result.name, result.outcome, result.reason) for result in question.results]
        for question in report.questions
        if question.score != (question.points if kind == "right" else 0)
    }
    assert not off
    assert {question.grade_id for question in report.questions} == bank_of(lab).points.keys()
