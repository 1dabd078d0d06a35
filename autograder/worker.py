"""Grade one submission in a process that grades many: bytes in, graded notebooks out, nothing written to disk.

The same function runs in the worker processes of one machine and on a Dask cluster. What a job needs beside the
student's bytes is read once per process.
"""

import functools
import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.grade import grade, lab_files, parse_notebook, read_notebook
from autograder.limits import Limits
from toonlens.errors import UserError

# One at a time in a process: pytest and its redirected output belong to the whole process.
_one_at_a_time = threading.Lock()
logging.getLogger("autograder").addHandler(logging.NullHandler())  # the command line warns once for all


@dataclass(frozen=True)
class Lab:
    """What all submissions of a lab share.

    Attributes:
        release: folder of the released version.
        notebooks: names of its notebooks, without suffix.
        digest: of everything that a mark depends on beside the submission.
    """

    name: str
    release: Path
    notebooks: tuple[str, ...]
    checks_root: Path
    limits: Limits
    sandbox: bool
    digest: str

    @property
    def seconds(self) -> float:
        """After which something is wrong with the grader itself: the limits, with time to start and to check."""
        return 2 * self.limits.total_seconds * len(self.notebooks) + 120


@dataclass(frozen=True)
class Job:
    """One submission to be graded."""

    student: str
    lab: Lab
    notebooks: dict[str, bytes]


@dataclass(frozen=True)
class Graded:
    """A graded submission. ``scores``: notebook -> grade_id -> points; ``remarks``: what the instructor should see."""

    notebooks: dict[str, str]
    scores: dict[str, dict[str, float]]
    remarks: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class NotGraded:
    """Why a submission has no mark. ``final``: it is the submission's fault, and grading it again would not help."""

    reason: str
    final: bool


Outcome = Graded | NotGraded


def grade_job(job: Job) -> Outcome:
    """Grade a submission. Never raises for what a student may have handed in."""
    with _one_at_a_time:
        parsed: dict[str, NotebookNode] = {}
        for name, data in job.notebooks.items():
            try:
                parsed[name] = parse_notebook(data, f"{name}.ipynb")
            except UserError as error:
                return NotGraded(str(error), final=True)
        notebooks, scores, remarks, seconds = {}, {}, [], 0.0
        try:
            for name, submission in parsed.items():
                report = grade(
                    submission,
                    _released(job.lab, name),
                    job.lab.name,
                    files=_files(job.lab),
                    limits=job.lab.limits,
                    checks_root=job.lab.checks_root,
                    sandbox=job.lab.sandbox,
                )
                notebooks[name] = nbformat.writes(report.notebook)
                scores[name] = {question.grade_id: question.score for question in report.questions}
                remarks += report.remarks()
                seconds += report.seconds
        except UserError as error:
            return NotGraded(str(error), final=False)
        except Exception as error:  # a fault of the grader must not take the class with it
            return NotGraded(f"the grader broke: {type(error).__name__}: {str(error)[:200]}", final=False)
        return Graded(notebooks, scores, tuple(remarks), seconds)


@functools.lru_cache(maxsize=4)
def _read_release(lab: Lab) -> dict[str, NotebookNode]:
    return {name: read_notebook(lab.release / f"{name}.ipynb") for name in lab.notebooks}


def _released(lab: Lab, name: str) -> NotebookNode:
    return _read_release(lab)[name]


@functools.lru_cache(maxsize=4)
def _files(lab: Lab) -> list[Path]:
    return lab_files(lab.release)
