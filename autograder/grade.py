"""Grade one notebook: run it in a sandbox in the released order, check each graded cell, write score and reasons."""

import functools
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.checking import CHECKS, CheckError, CheckInfo, CheckResult, list_checks, run_checks
from autograder.course import COURSE
from autograder.feedback import graded_outputs, score_of
from autograder.kernel import Kernel
from autograder.limits import LIMITS, Limits, load_limits
from autograder.plan import graded_cells, make_plan
from autograder.sandbox import require_bubblewrap
from autograder.session import KernelStudent, Session
from toonlens.errors import UserError

log = logging.getLogger(__name__)
NO_SANDBOX_WARNING = "grading WITHOUT a sandbox: students' code runs with your rights, on your files and network"


@dataclass(frozen=True)
class Question:
    """The outcome of one graded cell."""

    grade_id: str
    points: float
    score: float
    results: list[CheckResult]


@dataclass(frozen=True)
class Report:
    """The outcome of one notebook. ``notebook`` has the outputs, scores and reasons in it."""

    notebook: NotebookNode
    questions: list[Question]
    seconds: float
    sandboxed: bool

    @property
    def score(self) -> float:
        return sum(question.score for question in self.questions)

    @property
    def points(self) -> float:
        return sum(question.points for question in self.questions)

    def remarks(self) -> list[str]:
        """One line for each question with a check that could not be run, for the instructor."""
        return [
            f"{question.grade_id}: could not be checked ({stuck[0].reason})"
            for question in self.questions
            if (stuck := [result for result in question.results if result.outcome == "not run"])
        ]


def grade_notebook(
    path: Path,
    lab: str,
    *,
    release: Path | None = None,
    checks_root: Path = CHECKS,
    limits: Path = LIMITS,
    sandbox: bool = True,
    seed: int | None = None,
) -> Report:
    """Grade the notebook file ``path`` as a submission to ``lab``.

    Args:
        release: the released notebook; by default the one in ``course/``.
        sandbox: False runs the student's code unprotected (and warns).
        seed: of the checks' random inputs; None draws a fresh secret one.

    Raises:
        UserError: a file is missing or is no notebook, there is no bubblewrap, or the checks do not fit the release.
    """
    released = read_notebook(release or COURSE / lab / f"{lab}.ipynb")
    return grade(
        read_notebook(path),
        released,
        lab,
        files=lab_files((release or COURSE / lab / f"{lab}.ipynb").parent),
        checks_root=checks_root,
        limits=load_limits(lab, limits),
        sandbox=sandbox,
        seed=seed,
    )


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in ``path``. Raises UserError where there is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"there is no notebook {path} ({error.strerror})") from None
    return parse_notebook(data, str(path))


def parse_notebook(data: bytes, name: str) -> NotebookNode:
    """The notebook whose file holds ``data``. Raises UserError, with ``name`` in it, where that is none."""
    try:
        return nbformat.reads(data.decode("utf-8-sig"), as_version=4)
    except Exception as error:  # nbformat raises many kinds, jsonschema's too
        raise UserError(f"{name} is no notebook: {str(error).partition(chr(10))[0][:200]}") from None


def lab_files(folder: Path) -> list[Path]:
    """The files beside a released notebook, which students have too."""
    return sorted(path for path in folder.iterdir() if path.suffix != ".ipynb" and not path.name.startswith("."))


@functools.cache
def _declared(lab: str, checks_root: Path) -> list[CheckInfo]:
    """The checks of a lab, read once per process: a class is graded with one set of checks."""
    return list_checks(lab, checks_root)


def verify_points(release: NotebookNode, lab: str, checks_root: Path = CHECKS) -> None:
    """Raise CheckError unless the checks of every graded cell add up to its points, and no check is without a cell."""
    due = graded_cells(release)
    given = dict.fromkeys(due, 0.0)
    for check in _declared(lab, checks_root):
        if check.grade_id not in due:
            raise CheckError(f"{lab}: check {check.name} is for {check.grade_id}, which is no graded cell of the lab")
        given[check.grade_id] += check.points
    for grade_id, points in due.items():
        if abs(given[grade_id] - points) > 1e-9:
            raise CheckError(f"{lab}: the checks of {grade_id} add up to {given[grade_id]:g}, its cell to {points:g}")


def grade(
    submission: NotebookNode,
    release: NotebookNode,
    lab: str,
    *,
    files: list[Path],
    limits: Limits,
    checks_root: Path = CHECKS,
    sandbox: bool = True,
    seed: int | None = None,
    kernel_class: Callable[[Limits, list[Path], bool], Kernel] = Kernel,
) -> Report:
    """Grade ``submission`` against ``release``; see ``grade_notebook``.

    Args:
        kernel_class: makes the student's kernel; one that starts faster than a fresh process, for many submissions.
    """
    if sandbox:
        require_bubblewrap()
    else:
        log.warning(NO_SANDBOX_WARNING)
    verify_points(release, lab, checks_root)
    points = graded_cells(release)
    started = time.monotonic()
    seed = secrets.randbits(128) if seed is None else seed
    steps = make_plan(submission, release)
    with kernel_class(limits, files, sandbox) as kernel:
        session = Session(kernel, limits, started + limits.total_seconds, steps)
        student = KernelStudent(session)
        results = run_checks(
            lab, list(points), student=student, seed=seed, checks_root=checks_root, before=session.advance
        )
        session.finish()
    if kernel.starved:
        raise UserError("the machine had no memory left: grade again, with fewer jobs at a time")
    questions = []
    for step in steps:
        if step.kind == "graded":
            own = [result for result in results if result.grade_id == step.grade_id]
            worth = points[step.grade_id]
            questions.append(Question(step.grade_id, worth, score_of(own, worth), own))
            step.cell.outputs = graded_outputs(step.grade_id, own, worth, sandbox)
    notebook = nbformat.v4.new_notebook(cells=[step.cell for step in steps], metadata=_metadata(release, sandbox))
    return Report(notebook, questions, time.monotonic() - started, sandbox)


def refuse(release: NotebookNode, lab: str, reason: str, *, checks_root: Path = CHECKS) -> Report:
    """The report on a submission that cannot be read: zero for every question, with the reason; nothing is run."""
    verify_points(release, lab, checks_root)
    steps = make_plan(nbformat.v4.new_notebook(), release)
    questions = []
    for step in steps:
        if step.kind == "graded":
            own = [
                CheckResult(info.grade_id, info.name, info.message, info.points, "not run", reason)
                for info in _declared(lab, checks_root)
                if info.grade_id == step.grade_id
            ]
            worth = graded_cells(release)[step.grade_id]
            questions.append(Question(step.grade_id, worth, 0.0, own))
            step.cell.outputs = graded_outputs(step.grade_id, own, worth, sandboxed=True)
    notebook = nbformat.v4.new_notebook(cells=[step.cell for step in steps], metadata=_metadata(release, True))
    return Report(notebook, questions, 0.0, sandboxed=True)


def _metadata(release: NotebookNode, sandbox: bool) -> NotebookNode:
    kept = {key: release.metadata[key] for key in ("kernelspec", "language_info") if key in release.metadata}
    return nbformat.from_dict(kept | {"toonlens": {"sandbox": "bubblewrap" if sandbox else "none"}})
