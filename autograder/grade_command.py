"""``toonlens grade``: workers, progress and the summary around ``autograder.batch``."""

import functools
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder import cluster, pool
from autograder.grade import NO_SANDBOX_WARNING
from autograder.sandbox import require_bubblewrap
from autograder.settings import load_lab, load_settings
from autograder.worker import Job, Lab, Outcome, grade_job
from toonlens.errors import UserError

if TYPE_CHECKING:
    from autograder.batch import Entry, Summary

NAMES = 4  # of students beside the bar
Started = Callable[[Job], None]


def run(name: str, students: Collection[str], jobs: int | None, scheduler: str | None, sandbox: bool) -> None:
    """Grade a class and print what became of it.

    Raises:
        UserError: what was asked for cannot be done; what was graded before that is kept.
    """
    from autograder.batch import Summary, find_students, grade_class
    from autograder.gradebook import Ledger

    if jobs is not None and scheduler is not None:
        raise UserError("--jobs is for this machine, --scheduler for a cluster: give one of them")
    config, coursedir = load_settings()
    lab = load_lab(name, config, coursedir, sandbox)
    if not lab.sandbox:
        Console(stderr=True).print(f"WARNING: {NO_SANDBOX_WARNING}", style="bold red", highlight=False)
    elif scheduler is None:
        require_bubblewrap()
    summary = Summary()
    try:
        with Ledger(lab, config, coursedir) as ledger:
            chosen = find_students(ledger, students)
            with _Bar(len(chosen)) as bar:
                grade_class(ledger, chosen, _executor(lab, jobs, scheduler), summary, bar.started, bar.ended)
    finally:
        if summary.entries:  # else there is only the refusal to tell
            report(summary)


def _executor(
    lab: Lab, jobs: int | None, scheduler: str | None
) -> Callable[[Iterable[Job], Started], Iterator[tuple[Job, Outcome | pool.Lost]]]:
    if scheduler is not None:
        return lambda items, started: cluster.run(scheduler, grade_job, items, lab.seconds, started)
    count = jobs or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))
    return functools.partial(_local, count, lab.seconds)


def _local(
    count: int, seconds: float, items: Iterable[Job], started: Started
) -> Iterator[tuple[Job, Outcome | pool.Lost]]:
    return pool.run(grade_job, items, count, seconds, started)


class _Bar:
    """A progress bar with the time left and who is being graded, on stderr."""

    def __init__(self, total: int, console: Console | None = None, clock: Callable[[], float] | None = None):
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self._progress = Progress(*columns, console=console or Console(stderr=True), get_time=clock)
        self._task = self._progress.add_task("", total=total)
        self._now: list[str] = []

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.update(self._task, description="")
        self._progress.stop()

    def started(self, student: str) -> None:
        if student not in self._now:  # a second try
            self._now.append(student)
        self._show()

    def ended(self, entry: "Entry") -> None:
        if entry.student in self._now:
            self._now.remove(entry.student)
        self._progress.advance(self._task)
        self._show()

    def _show(self) -> None:
        more = f" and {len(self._now) - NAMES} more" if len(self._now) > NAMES else ""
        self._progress.update(self._task, description=", ".join(self._now[:NAMES]) + more)


def report(summary: "Summary") -> None:
    """Print the summary: how many were graded, and who needs a look and why."""
    console = Console(highlight=False, markup=False)
    looks = summary.needing_a_look()
    console.print(
        f"graded {summary.count('graded')}, unchanged {summary.count('unchanged')}, "
        f"not graded {summary.count('not graded')}; {len(looks)} of them need a look"
    )
    if looks:
        table = Table("student", "state", "needs a look because", box=None, pad_edge=False, header_style="bold")
        for entry in looks:
            table.add_row(entry.student, entry.state, "\n".join(entry.remarks))
        console.print(table)
