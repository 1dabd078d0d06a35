"""Lab 6 through nbgrader: released, submitted right, half right and blank, graded, fed back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import PyFileConfigLoader

from autograder.course import put_scripts_on_path
from autograder.grade import verify_points
from autograder.labs import lab_names, read_source
from autograder.plan import grade_id_of, graded_cells

ROOT = Path(__file__).resolve().parents[2]

# What the half-right student did: some cells as in the solution, two typical mistakes, the rest left blank.
AS_SOLVED = ("predict_stabilise_code", "stabilise_code", "predict_eps_code", "predict_ab_code", "lrp_ab_code")
MISTAKES = {
    "lrp_eps_code": (  # the bias is missing
        "def lrp_eps(a, W, b, R, eps):\n    z = a @ W\n    return a * ((R / stabilise(z, eps)) @ W.T)"
    ),
    "lrp_gamma_code": (  # gamma on all weights cancels
        "def lrp_gamma(a, W, b, R, gamma, eps=1e-9):\n"
        "    W, b = (1 + gamma) * W, (1 + gamma) * b\n"
        "    return a * ((R / stabilise(a @ W + b, eps)) @ W.T)"
    ),
}


@pytest.mark.parametrize("lab", lab_names())
def test_checks_add_up_to_the_points_of_their_cells(lab):
    verify_points(read_source(lab), lab)


def submissions(solved, released) -> dict[str, nbformat.NotebookNode]:
    """The three notebooks; the half-right one starts from the released one."""
    sources = {grade_id_of(cell): cell.source for cell in solved.cells}
    half = nbformat.from_dict(released)
    for cell in half.cells:
        if (name := grade_id_of(cell)) in AS_SOLVED:
            cell.source = sources[name]
        cell.source = MISTAKES.get(name, cell.source)
    return {"right": solved, "half": half, "blank": released}


@pytest.mark.slow
def test_right_half_right_and_blank(tmp_path):
    put_scripts_on_path()
    (tmp_path / "solutions").mkdir()
    shutil.copytree(ROOT / "solutions" / "lab06", tmp_path / "solutions" / "lab06")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    solved = read_source("lab06")
    nbformat.write(solved, tmp_path / "solutions" / "lab06" / "lab06.ipynb")

    def nbgrader(*command: str) -> None:
        done = subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=tmp_path, env=os.environ, check=False,
                              capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0, done.stderr

    nbgrader("generate_assignment", "lab06")
    released = nbformat.read(tmp_path / "course" / "lab06" / "lab06.ipynb", as_version=4)
    for student, notebook in submissions(solved, released).items():
        (tmp_path / "submitted" / student / "lab06").mkdir(parents=True)
        nbformat.write(notebook, tmp_path / "submitted" / student / "lab06" / "lab06.ipynb")
    nbgrader("autograde", "lab06")
    nbgrader("generate_feedback", "lab06")

    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        scores = {
            student: {
                grade.name: grade.auto_score
                for notebook in gradebook.find_submission("lab06", student).notebooks
                for grade in notebook.grades
            }
            for student in ("right", "half", "blank")
        }
    full = graded_cells(released)
    assert scores["right"] == {**full, "reflection": None}
    assert scores["blank"] == {**dict.fromkeys(full, 0), "reflection": 0}
    half = scores["half"]
    assert {name: half[name] for name in ("stabilise", "lrp_ab", "predictions")} == {
        "stabilise": full["stabilise"], "lrp_ab": full["lrp_ab"], "predictions": 3,
    }  # fmt: skip
    assert 0 < half["lrp_eps"] < full["lrp_eps"]
    assert half["lrp_gamma"] < full["lrp_gamma"]
    assert [half[name] for name in ("lrp_zB", "lrp_w2_flat", "lrp_mlp", "bug_hunt")] == [0, 0, 0, 0]

    page = (tmp_path / "feedback" / "half" / "lab06" / "lab06.html").read_text()
    assert page.count("feedback on ") >= len(full)
    # The missing bias is shown on the lab's own figure; lrp_gamma, which has no released map, as the difference alone.
    triptych = 'alt="Heatmaps of yours, the reference and the difference'
    assert page.count(triptych) == 1
    assert page.index("feedback on lrp_eps") < page.index(triptych) < page.index("feedback on lrp_gamma")
    assert "the picture is of the lab's own figure, Dash Moreau with eps = 0.25" in page
    assert page.count('alt="Heatmap of the difference') == 1
    assert "lrp_zB is not written yet (NotImplementedError)" in page
    assert "rng.normal" not in page

    # formgrader's button takes nbgrader's Python interface with the same file of settings.
    config = PyFileConfigLoader("nbgrader_config.py", path=str(tmp_path)).load_config()
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    result = api.autograde("lab06", "blank", force=True)
    assert result["success"], result.get("log")
    assert "bug_hunt: 0 of" in result["log"]
