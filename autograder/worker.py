"""Grade one submission in a process that grades many: bytes in, graded notebooks out, nothing written to disk.

The same function runs in the worker processes of one machine and on a Dask cluster. What a job needs beside the
student's bytes is read once per process.
"""

import functools
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.grade import grade, lab_files, read_notebook, refuse
from autograder.kernel import Kernel
from autograder.limits import Limits
from autograder.nursery import Nursery, NurseryKernel, imports_of
from autograder.rules import rules_here
from toonlens.errors import UserError

OTHER_COURSE = (
    "this worker has another version of the course (its checks, its library or the packages they use), or it changed "
    "meanwhile: install the same there, start the worker again and run the same command again"
)
# One at a time in a process: pytest and its redirected output belong to the whole process.
_one_at_a_time = threading.Lock()
log = logging.getLogger(__name__)
logging.getLogger("autograder").addHandler(logging.NullHandler())  # the command line warns once for all


@dataclass(frozen=True)
class Lab:
    """What all submissions of a lab share.

    Attributes:
        release: folder of the released version.
        notebooks: names of its notebooks, without suffix.
        digest: of everything that a mark depends on beside the submission.
        rules: the part of it that lies with whoever grades; see ``autograder.rules``.
    """

    name: str
    release: Path
    notebooks: tuple[str, ...]
    checks_root: Path
    limits: Limits
    sandbox: bool
    digest: str
    rules: str

    @property
    def seconds(self) -> float:
        """After which something is wrong with the grader itself: the limits, with time to start and to check."""
        return 2 * self.limits.total_seconds * len(self.notebooks) + 120


@dataclass(frozen=True)
class Job:
    """One submission to be graded: its notebooks that could be read, and why the others could not."""

    student: str
    lab: Lab
    notebooks: dict[str, str]
    refused: dict[str, str]


@dataclass(frozen=True)
class Graded:
    """A graded submission. ``notebooks``: their text; ``remarks``: what the instructor should see."""

    notebooks: dict[str, str]
    remarks: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class NotGraded:
    """Why a submission has no new mark: the grader's fault, so that it is tried again the next time."""

    reason: str


Outcome = Graded | NotGraded


def grade_job(job: Job) -> Outcome:
    """Grade a submission. Never raises for what a student may have handed in."""
    lab = job.lab
    try:
        with _one_at_a_time:
            if rules_here(lab.name, lab.release, lab.checks_root) != lab.rules:
                return NotGraded(OTHER_COURSE)
            reports = {
                name: refuse(release, lab.name, job.refused[name], checks_root=lab.checks_root)
                if name in job.refused
                else grade(
                    nbformat.from_dict(json.loads(job.notebooks[name])),
                    release,
                    lab.name,
                    files=_files(lab),
                    limits=lab.limits,
                    checks_root=lab.checks_root,
                    sandbox=lab.sandbox,
                    kernel_class=_kernel_class(lab),
                )
                for name, release in _releases(lab).items()
            }
    except UserError as error:
        return NotGraded(str(error))
    except Exception as error:  # a fault of the grader must not take the class with it
        return NotGraded(f"the grader broke: {type(error).__name__}: {str(error)[:200]}")
    remarks = list(job.refused.values())
    remarks += [line for name, report in reports.items() if name not in job.refused for line in report.remarks()]
    notebooks = {name: nbformat.writes(report.notebook) for name, report in reports.items()}
    return Graded(notebooks, tuple(remarks), sum(report.seconds for report in reports.values()))


@functools.lru_cache(maxsize=4)
def _releases(lab: Lab) -> dict[str, NotebookNode]:
    return {name: read_notebook(lab.release / f"{name}.ipynb") for name in lab.notebooks}


@functools.lru_cache(maxsize=4)
def _files(lab: Lab) -> list[Path]:
    return lab_files(lab.release)


@functools.lru_cache(maxsize=1)
def _kernel_class(lab: Lab) -> Callable[[Limits, list[Path], bool], Kernel]:
    """Kernels from a nursery; fresh ones where that is not possible, or not asked for."""
    if not lab.sandbox:
        return Kernel
    modules = dict.fromkeys(name for release in _releases(lab).values() for name in imports_of(release))
    try:
        born = functools.partial(NurseryKernel, Nursery(lab.limits, _files(lab), modules))
        with born(lab.limits, _files(lab), True):  # not every system lets it have namespaces of its own
            return born
    except (UserError, OSError) as error:
        log.warning("%s; kernels start afresh, which takes longer", error)
        return Kernel
