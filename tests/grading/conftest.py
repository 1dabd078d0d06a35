"""A tiny course in a temporary folder, graded through nbgrader with the repository's own configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import PyFileConfigLoader

from autograder.grade import Report, grade_notebook

ROOT = Path(__file__).resolve().parents[2]

CHECKS = '''
import numpy as np
from autograder.checking import check, compare, fail, untouched

@check("scale", points=2)
def test_scale(student, rng):
    """scale multiplies every value by the factor."""
    for n in (3, 5):
        x = rng.normal(size=(n, 4))
        compare(student.scale(x, 2.0), 2.0 * x, what="the scaled array", law="y = f x",
                hint="is the factor applied once?", picture=True)

@check("scale", points=1, needs="test_scale")
def test_scale_leaves_its_argument(student, rng):
    """scale leaves its argument as it is."""
    untouched(student.call("scale", rng.normal(size=5), 3.0))

@check("total", points=2)
def test_total(student, rng):
    """total is the sum of all values, by way of scale."""
    x = rng.normal(size=7)
    compare(student.total(x), 3.0 * x.sum(), what="the total", law="t = 3 (x1 + ... + xn)", rtol=1e-9)

@check("offset", points=0.5)
def test_offset(student):
    """offset is a number."""
    if not isinstance(student.get("offset"), (int, float)):
        fail("offset is not a number", hint="write a plain number")
'''

LIMITS = """
[default]
cell_seconds = 5
total_seconds = 60
memory_mb = 2048
processes = 128
open_files = 256
file_mb = 16
disk_mb = 64
output_kb = 64
reply_mb = 4
hide = ["innvestigate"]
"""


def code(source: str, grade_id: str, points: float | None = None, solution: bool = False, **extra):
    """A released code cell."""
    nbgrader = {"grade_id": grade_id, "grade": points is not None, "solution": solution, "locked": not solution,
                "task": False, "schema_version": 3}  # fmt: skip
    if points is not None:
        nbgrader["points"] = points
    return new_code_cell(source, metadata={"nbgrader": nbgrader | extra})


def source_notebook():
    """Instructor's version of the tiny assignment."""
    reflection = new_markdown_cell(
        "=== BEGIN MARK SCHEME ===\nwords\n=== END MARK SCHEME ===",
        metadata={"nbgrader": {"grade_id": "why", "grade": True, "solution": True, "locked": False, "task": False,
                               "points": 4, "schema_version": 3}},
    )  # fmt: skip
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [
        code("import numpy as np", "given-01"),
        code("### BEGIN SOLUTION\ndef scale(x, f):\n    return f * x\n### END SOLUTION", "scale_code", solution=True),
        code("# graded: scale", "scale", points=3),
        code("factor = 3.0", "given-02"),
        code("### BEGIN SOLUTION\ndef total(x):\n    return scale(x, factor).sum()\n### END SOLUTION", "total_code",
             solution=True),
        code("# graded: total", "total", points=2),
        code("### BEGIN SOLUTION\noffset = 1.5\n### END SOLUTION", "offset_code", solution=True),
        code("# graded: offset", "offset", points=0.5),
        reflection,
    ]  # fmt: skip
    return new_notebook(cells=cells, metadata=metadata)


Change = Callable[[nbformat.NotebookNode], None]


@dataclass
class TinyCourse:
    """The course's folders and what a test does with them."""

    root: Path
    api: NbGraderAPI

    def submission(self, **sources: str) -> nbformat.NotebookNode:
        """The released notebook with some cells filled in, by grade_id."""
        notebook = nbformat.read(self.root / "course" / "tiny" / "tiny.ipynb", as_version=4)
        for cell in notebook.cells:
            if (name := cell.metadata.nbgrader.grade_id) in sources:
                cell.source = sources[name]
        return notebook

    def submit(self, student: str, notebook: nbformat.NotebookNode) -> Path:
        folder = self.root / "submitted" / student / "tiny"
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / "tiny.ipynb")
        return folder / "tiny.ipynb"

    def grade(self, notebook: nbformat.NotebookNode) -> Report:
        """Grade without nbgrader's gradebook."""
        path = self.submit("loose", notebook)
        return grade_notebook(path, "tiny", release=self.root / "course" / "tiny" / "tiny.ipynb",
                              checks_root=self.root / "checks", limits=self.root / "limits.toml")  # fmt: skip

    def autograde(self, student: str) -> None:
        result = self.api.autograde("tiny", student, force=True)
        assert result["success"], result.get("log") or result.get("error")

    def scores(self, student: str) -> dict[str, float | None]:
        with Gradebook(self.api.coursedir.db_url) as gradebook:
            submission = gradebook.find_submission("tiny", student)
            return {grade.name: grade.auto_score for notebook in submission.notebooks for grade in notebook.grades}


RIGHT = {
    "scale_code": "def scale(x, f):\n    return f * x",
    "total_code": "def total(x):\n    return scale(x, factor).sum()",
    "offset_code": "offset = 2",
    "why": "Because.",
}


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> TinyCourse:
    root = tmp_path_factory.mktemp("tiny")
    (root / "solutions" / "tiny").mkdir(parents=True)
    nbformat.write(source_notebook(), root / "solutions" / "tiny" / "tiny.ipynb")
    (root / "checks" / "tiny").mkdir(parents=True)
    (root / "checks" / "tiny" / "test_tiny.py").write_text(CHECKS)
    (root / "limits.toml").write_text(LIMITS)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.CourseDirectory.root = str(root)
    config.SandboxedExecute.checks_root = str(root / "checks")
    config.SandboxedExecute.limits_file = str(root / "limits.toml")
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    result = api.generate_assignment("tiny")
    assert result["success"], result.get("log") or result.get("error")
    return TinyCourse(root, api)


@pytest.fixture
def right() -> dict[str, str]:
    """Right sources of all cells that students fill in."""
    return dict(RIGHT)
