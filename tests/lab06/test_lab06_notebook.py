"""The notebooks of lab 6 against the template: headings, wording, pictures, points, and a blank student version."""

import itertools
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from autograder.checking import list_checks

ROOT = Path(__file__).resolve().parents[2]
EXERCISES = ("stabilise", "lrp_eps", "lrp_gamma", "lrp_ab", "lrp_zB", "lrp_w2_flat", "lrp_mlp")


@pytest.fixture(scope="module")
def solution():
    return nbformat.read(ROOT / "solutions" / "lab06" / "lab06.ipynb", as_version=4)


@pytest.fixture(scope="module")
def student():
    return nbformat.read(ROOT / "course" / "lab06" / "lab06.ipynb", as_version=4)


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def by_id(notebook):
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells}


def test_one_title_and_no_skipped_level(student):
    levels = [len(marks) for marks in re.findall(r"^(#+) ", markdown(student), re.MULTILINE)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))


def test_wording(solution):
    text = markdown(solution).lower()
    for word in ("simply", "obviously", "just", "trivial", "clearly", "of course"):
        assert not re.search(rf"\b{word}\b", text), word


def test_every_exercise_has_its_parts(student):
    parts = re.findall(r"^### Exercise (.*?)(?=^#{2,3} )", markdown(student), re.MULTILINE | re.DOTALL)
    assert len(parts) == len(EXERCISES)
    for part in parts:
        assert re.search(r"`Difficulty [1-5]/5 · Importance [1-5]/5 · \d+ min · \d points`", part)
        why = part.split("**Why.**")[1].split("\n\n")[0]
        assert len(why.split()) <= 120, why
        assert "$$" in part
        assert "| name | shape |" in part
        assert "**Predict before you run.**" in part
        assert part.count("<details><summary>Hint") == 3
        assert "*If you see*" in part
        assert "*A right picture*" in part


def test_points_of_the_cells_are_those_of_their_checks(student):
    points: dict[str, float] = {}
    for check in list_checks("lab06"):
        points[check.grade_id] = points.get(check.grade_id, 0) + check.points
    graded = {
        grade_id: cell.metadata.nbgrader.points
        for grade_id, cell in by_id(student).items()
        if cell.metadata.nbgrader.grade and not cell.metadata.nbgrader.solution
    }
    assert graded == points
    assert sum(graded.values()) + by_id(student)["reflection"].metadata.nbgrader.points == 50


def test_every_picture_carries_alt_text(solution):
    pictures = [
        output
        for cell in solution.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 9
    assert all(len(output.metadata["image/png"]["alt"]) > 30 for output in pictures)


def test_the_solution_ran_without_a_word_on_standard_error(solution):
    outputs = [output for cell in solution.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_blanks_are_short(solution):
    for grade_id, cell in by_id(solution).items():
        for blank in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL):
            least = 1 if grade_id.startswith("predict") or grade_id == "stabilise_code" else 3
            assert least <= len(blank.splitlines()) - 1 <= 15, grade_id


def test_nothing_of_the_solution_is_released(solution, student):
    released = nbformat.writes(student)
    assert "BEGIN SOLUTION" not in released
    assert not any(cell.get("outputs") for cell in student.cells)
    for cell in solution.cells:
        for blank in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL):
            lines = [line.strip() for line in blank.splitlines() if len(line.strip()) > 25]
            assert not [line for line in lines if line in released]
    files = {path.name for path in (ROOT / "course" / "lab06").iterdir()}
    assert files == {"lab06.ipynb", "quiz.json", "mlp.npz", "head.npz", "checkpoints.npz"}


def test_a_blank_student_version_fails_in_its_checks_only(student):
    """And at the first graded cell it says NotImplementedError in a few lines."""
    notebook = nbformat.from_dict(student)
    folder = str(ROOT / "course" / "lab06")
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": folder}}, allow_errors=True
    )
    client.execute()
    errors = {
        cell.metadata.nbgrader.grade_id: output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
    }
    assert list(errors) == [*EXERCISES, "bug_hunt"]
    assert {output.ename for output in errors.values()} == {"NotImplementedError"}
    assert all(len(output.traceback) <= 4 for output in errors.values())


@pytest.mark.slow
def test_the_features_in_the_file_are_those_of_the_network():
    """What the cell with LIVE = True computes."""
    import keras

    from toonlens.models import build, preprocess

    stored = np.load(ROOT / "solutions" / "lab06" / "head.npz")
    base = build("vgg16", weights="small")
    base = keras.Model(base.input, base.get_layer(str(stored["layer"])).output)
    live = np.asarray(base(preprocess(stored["images"], "vgg16"), training=False))
    np.testing.assert_allclose(live, stored["features"], atol=2e-3 * live.max())
