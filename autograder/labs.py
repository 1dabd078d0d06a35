"""From a percent source to the two notebooks: executed with solutions, and the students' version without.

``solutions/labNN.py`` is what people edit. ``solutions/labNN/labNN.ipynb`` is built from it and executed;
``course/labNN/`` is what nbgrader's generate_assignment makes of that. Both are committed and a test compares them with
their source, so nobody edits a notebook by hand.
"""

import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.course import COURSE, SOLUTIONS, put_scripts_on_path
from toonlens.carry import VARIABLE
from toonlens.errors import UserError
from toonlens.paths import atomic_write

MAX_BYTES = 1_500_000  # of an executed notebook: what a browser opens and git reviews without complaint
CELL_TIMEOUT = 180  # seconds; a whole solution has three minutes on two cores
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def lab_names() -> list[str]:
    """All labs that have a percent source, in order."""
    return sorted(path.stem for path in SOLUTIONS.glob("lab[0-9][0-9].py"))


def percent_source(lab: str) -> Path:
    """Path of the percent source of ``lab``.

    Raises:
        UserError: there is no such lab; the message lists those that exist.
    """
    path = SOLUTIONS / f"{lab}.py"
    if not path.is_file():
        raise UserError(f"no lab called {lab!r}: there are {', '.join(lab_names()) or 'none'}")
    return path


def read_source(lab: str) -> NotebookNode:
    """The unexecuted solution notebook of ``lab``, the same bytes each time.

    A cell without nbgrader metadata becomes a given one, locked, so that a student who edits it by accident is still
    graded in the state that the lab intends. Cell ids come from the grade_id, so that a diff shows what changed.
    """
    path = percent_source(lab)
    text = path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    given = 0
    seen: set[str] = set()
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)  # jupytext's note to itself about blank lines
        if "nbgrader" not in cell.metadata:
            given += 1
            cell.metadata["nbgrader"] = {
                "grade": False,
                "grade_id": f"given-{given:03d}",
                "locked": True,
                "schema_version": 3,
                "solution": False,
                "task": False,
            }
        grade_id = cell.metadata["nbgrader"]["grade_id"]
        if grade_id in seen:
            raise UserError(f"{path.name}: grade_id {grade_id!r} is used twice; give one of the cells another")
        seen.add(grade_id)
        cell["id"] = grade_id[:64]
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            "toonlens": {"source_sha256": hashlib.sha256(text.encode()).hexdigest()},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def build_solution(lab: str) -> float:
    """Execute the solution of ``lab`` beside copies of its data files and write it; return the seconds it took.

    What the notebook writes is thrown away, and functions carried on from other labs (``toonlens.carry``) are not
    there: the same source gives the same notebook, whatever was built before.

    Raises:
        UserError: a cell of the solution failed, or the executed notebook is too large to commit.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = read_source(lab)
    folder = SOLUTIONS / lab
    folder.mkdir(exist_ok=True)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up chatter names the builder's machine
    with tempfile.TemporaryDirectory() as scratch:
        place = shutil.copytree(folder, Path(scratch) / lab, ignore=shutil.ignore_patterns("*.ipynb", ".*"))
        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT,
            kernel_name="python3",
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            record_timing=False,  # time stamps would change the file at each build
            resources={"metadata": {"path": str(place)}},
        )
        start = time.perf_counter()
        try:
            client.execute(env={name: value for name, value in os.environ.items() if name != VARIABLE})
        except CellExecutionError as error:
            raise UserError(f"solutions/{lab}.py: a cell failed: {error.ename}: {error.evalue}") from error
        seconds = time.perf_counter() - start
    notebook.metadata["language_info"] = {"name": "python"}  # not the exact Python of whoever built it
    written = nbformat.writes(notebook) + "\n"
    if len(written.encode()) > MAX_BYTES:
        raise UserError(f"{lab}: the executed notebook has {len(written.encode()):,} bytes, over {MAX_BYTES:,}")
    with atomic_write(folder / f"{lab}.ipynb") as path:
        path.write_text(written, encoding="utf-8")
    return seconds


def build_course(lab: str, destination: Path = COURSE) -> None:
    """Generate the students' version of ``lab`` into ``destination/lab`` with nbgrader's own generate_assignment.

    A throw-away gradebook is used: building notebooks must never touch the one that holds marks.
    """
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    from autograder.release import STEPS

    put_scripts_on_path()
    with tempfile.TemporaryDirectory() as scratch:
        config = Config()
        config.CourseDirectory.root = scratch
        config.CourseDirectory.source_directory = str(SOLUTIONS)
        config.CourseDirectory.release_directory = str(Path(scratch) / "release")
        config.GenerateAssignment.preprocessors = STEPS
        config.CourseDirectory.db_url = f"sqlite:///{scratch}/gradebook.db"
        result = NbGraderAPI(config=config).generate_assignment(lab, force=True, create=True)
        if not result["success"]:
            last = (result.get("error") or result.get("log") or "no reason given").strip().splitlines()[-1]
            raise UserError(f"{lab}: nbgrader could not generate the students' version: {last}")
        made = Path(scratch) / "release" / lab
        target = destination / lab
        fresh = destination / f".{lab}-new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, fresh, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
