"""The notebooks of every lab against the template: headings, wording, pictures, points, and a blank student version."""

import itertools
import re
from pathlib import Path

import nbformat
import pytest
from bank import bank_of
from nbclient import NotebookClient

from autograder.checking import list_checks
from autograder.labs import lab_names

ROOT = Path(__file__).resolve().parents[2]
LABS = lab_names()
CAPSTONES = [lab for lab in LABS if bank_of(lab).capstone]  # open steps in the place of exercises
WEEKLY = [lab for lab in LABS if lab not in CAPSTONES]
TOTAL = 50  # points of a lab
PICTURES = 9  # at least, in a lab
EXERCISES = range(5, 9)
LINES = {False: 15, True: 45}  # of a blank: of an exercise, and of an open step of a capstone
BLANK = re.compile(r"(?:###|<!--) BEGIN SOLUTION(?: -->)?\n(.*?)(?:###|<!--) END SOLUTION", re.DOTALL)
BANNED = ("simply", "obviously", "just", "trivial", "clearly", "of course")


@pytest.fixture(scope="module", params=LABS)
def lab(request):
    return request.param


@pytest.fixture(scope="module")
def solution(lab):
    return nbformat.read(ROOT / "solutions" / lab / f"{lab}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def student(lab):
    return nbformat.read(ROOT / "course" / lab / f"{lab}.ipynb", as_version=4)


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def by_id(notebook):
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells}


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_one_title_and_no_skipped_level(student):
    levels = [len(marks) for marks in re.findall(r"^(#+) ", markdown(student), re.MULTILINE)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))


def test_the_parts_of_the_template(lab, student):
    text = markdown(student)
    own = (
        ("## Part 6. The report", "### Step 7. Peer review") if lab in CAPSTONES else ("### Bug hunt", "### Reflection")
    )
    for part in (
        "*Time:*",
        "*Builds on:*",
        "When you have finished you can",
        "### Symbols",
        "### The picture first",
        "### Recall",
        "**Checkpoint 1.**",
        "### Integration",
        "## Bonus",
        "## Summary",
        "## References",
        *own,
    ):
        assert part in text, part
    outcomes = re.findall(r"^\d\. \*\*", text.split("When you have finished you can")[1].split("|")[0], re.MULTILINE)
    assert 3 <= len(outcomes) <= 5


def test_wording(solution):
    text = markdown(solution).lower()
    for word in BANNED:
        assert not re.search(rf"\b{word}\b", text), word


@pytest.mark.parametrize("lab", WEEKLY, indirect=True)
def test_every_exercise_has_its_parts(student):
    parts = re.findall(r"^### Exercise (.*?)(?=^#{2,3} )", markdown(student), re.MULTILINE | re.DOTALL)
    assert len(parts) in EXERCISES
    for part in parts:
        assert re.search(r"`Difficulty [1-5]/5 · Importance [1-5]/5 · \d+ min · \d+ points`", part), part
        why = part.split("**Why.**")[1].split("\n\n")[0]
        assert len(why.split()) <= 120, why
        assert "$$" in part, part
        assert "| name | shape |" in part, part
        assert "**Predict before you run.**" in part, part
        assert part.count("<details><summary>Hint") == 3, part
        assert "*If you see*" in part, part
        assert "*A right picture*" in part, part


@pytest.mark.parametrize("lab", CAPSTONES, indirect=True)
def test_every_step_has_its_parts(student):
    parts = re.findall(r"^### Step (.*?)(?=^#{2,3} Step|^## )", markdown(student), re.MULTILINE | re.DOTALL)
    assert len(parts) in EXERCISES
    assert not re.findall(r"^### Exercise", markdown(student), re.MULTILINE)
    for part in parts:
        assert re.search(r"`Importance [1-5]/5 · .*? (min|hour|hours) · .+`", part), part
        why = part.split("**Why.**")[1].split("\n\n")[0]
        assert len(why.split()) <= 120, why
        assert "**Decide.**" in part, part
        assert "**Predict before you run.**" in part, part
        assert "<details><summary>Hint" in part, part
        assert "*If you see*" in part, part
        assert "*A right picture*" in part, part


def test_points_of_the_cells_are_those_of_their_checks(lab, student):
    points: dict[str, float] = {}
    for check in list_checks(lab):
        points[check.grade_id] = points.get(check.grade_id, 0) + check.points
    graded = {
        grade_id: cell.metadata.nbgrader.points
        for grade_id, cell in by_id(student).items()
        if cell.metadata.nbgrader.grade and not cell.metadata.nbgrader.solution
    }
    by_hand = {
        grade_id: cell.metadata.nbgrader.points
        for grade_id, cell in by_id(student).items()
        if cell.metadata.nbgrader.grade and cell.metadata.nbgrader.solution
    }
    assert graded == points
    assert sum(graded.values()) + sum(by_hand.values()) == TOTAL
    if lab in WEEKLY:
        assert by_hand.keys() == {"reflection"}
    else:
        assert sum(by_hand.values()) > TOTAL / 2


def test_every_picture_carries_alt_text(solution):
    pictures = [output for output in outputs(solution) if "image/png" in output.get("data", {})]
    assert len(pictures) >= PICTURES
    assert all(len(output.metadata["image/png"]["alt"]) > 30 for output in pictures)


def test_the_solution_ran_without_a_word_on_standard_error(solution):
    assert not [output for output in outputs(solution) if output.output_type == "error"]
    assert not [output for output in outputs(solution) if output.get("name") == "stderr"]


def test_blanks_are_short(lab, solution):
    for grade_id, cell in by_id(solution).items():
        for blank in BLANK.findall(cell.source):
            assert len(blank.splitlines()) - 1 <= LINES[lab in CAPSTONES], grade_id


def test_nothing_of_the_solution_is_released(lab, solution, student):
    released = nbformat.writes(student)
    assert "BEGIN SOLUTION" not in released
    assert not any(cell.get("outputs") for cell in student.cells)
    for cell in solution.cells:
        for blank in BLANK.findall(cell.source):
            lines = [line.strip() for line in blank.splitlines() if len(line.strip()) > 25]
            assert not [line for line in lines if line in released]
    files = {path.name for path in (ROOT / "course" / lab).iterdir()}
    assert files == {f"{lab}.ipynb", *bank_of(lab).files}


def test_a_blank_student_version_fails_in_its_checks_only(lab, student):
    """And at the first graded cell it says NotImplementedError in a few lines."""
    notebook = nbformat.from_dict(student)
    resources = {"metadata": {"path": str(ROOT / "course" / lab)}}
    NotebookClient(notebook, timeout=180, kernel_name="python3", resources=resources, allow_errors=True).execute()
    errors = {
        cell.metadata.nbgrader.grade_id: output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
    }
    assert tuple(errors) == bank_of(lab).stops
    assert {output.ename for output in errors.values()} == {"NotImplementedError"}
    assert all(len(output.traceback) <= 4 for output in errors.values())
