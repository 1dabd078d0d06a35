"""Grade a class: find the submissions, hand those that changed to workers, save each result as it comes.

Killed at any moment, it goes on where it was: a submission is done when its record (a small file beside its graded
folder) says so, and the record is written last. A record holds a fingerprint of all that the mark depends on, so a
submission is graded again exactly when something of that changed, or when its marks or its notebook are not there.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from autograder.gradebook import Ledger, Standing, digest_of
from autograder.intake import Submission, receive, shown
from autograder.pool import Lost
from autograder.worker import Graded, Job, Outcome
from toonlens.errors import UserError
from toonlens.paths import atomic_write

State = Literal["graded", "unchanged", "not graded"]
# Turns jobs into results, calling back when a job is begun.
Execute = Callable[[Iterable[Job], Callable[[Job], None]], Iterator[tuple[Job, Outcome | Lost]]]


@dataclass(frozen=True)
class Record:
    """What is kept beside a graded submission.

    Attributes:
        fingerprint: of the submission and of all that its marks depend on.
        scores: notebook -> grade_id -> automatic score, as saved in the gradebook.
        notebooks: digest of the graded notebooks; empty where there are none.
        sandbox: whether the student's code ran in one.
        remarks: what the instructor should look at.
        seconds: what the grading took.
    """

    fingerprint: str
    scores: dict[str, dict[str, float | None]]
    notebooks: str
    sandbox: bool
    remarks: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Entry:
    """What became of one submission in this run."""

    student: str
    state: State
    score: float
    remarks: tuple[str, ...] = ()


@dataclass
class Summary:
    """What became of the class."""

    entries: list[Entry] = field(default_factory=list)

    def count(self, state: State) -> int:
        return sum(entry.state == state for entry in self.entries)

    def needing_a_look(self) -> list[Entry]:
        return sorted((entry for entry in self.entries if entry.remarks), key=lambda entry: entry.student)


def find_students(ledger: Ledger, wanted: Collection[str] = ()) -> list[str]:
    """Students who handed something in, in order; only those ``wanted``, where some are named.

    Raises:
        UserError: there is no submission at all, or none of somebody who is wanted.
    """
    course, lab = ledger.coursedir, ledger.lab.name
    pattern = re.compile(course.format_path(course.submitted_directory, "(?P<student>[^/]+)", lab, escape=True))
    parent = Path(course.format_path(course.submitted_directory, "*", lab))
    places = list(parent.parent.parent.glob(f"*/{lab}"))
    for name in _beside(ledger):
        places += [path.with_name(lab) for path in parent.parent.parent.glob(f"*/{name}")]
    matches = [pattern.fullmatch(str(path)) for path in places]
    found = {match["student"] for match in matches if match and not match["student"].startswith(".")}
    if not found:
        raise UserError(f"no submissions: there is no {parent}; collect them with `toonlens collect {lab} SOURCE`")
    if missing := sorted(set(wanted) - found):
        raise UserError(
            f"no submission of {lab} by {', '.join(shown(name) for name in missing)} in {parent.parent.parent}"
        )
    return sorted(set(wanted) or found)


def _beside(ledger: Ledger) -> list[str]:
    """Names of the lab's notebooks; they belong into the lab's folder, and some end up beside it."""
    return sorted({f"{name}.ipynb" for name in (ledger.lab.name, *ledger.lab.notebooks)})


def _misplaced(ledger: Ledger, student: str) -> tuple[str, ...]:
    """Remarks on what ``student`` handed in at a place where nothing is graded."""
    place = _submitted(ledger, student)
    remarks = []
    if os.path.lexists(place) and not (place.is_dir() or place.is_symlink()):
        remarks.append(f"{place} is no folder: make it one, and put the notebook into it")
    for path in (place.with_name(name) for name in _beside(ledger)):
        if os.path.lexists(path):
            remarks.append(f"{path} is not graded where it is: it belongs into the folder {place.name} beside it")
    return tuple(remarks)


def grade_class(
    ledger: Ledger,
    students: Collection[str],
    execute: Execute,
    summary: Summary,
    started: Callable[[str], None] = lambda student: None,
    ended: Callable[[Entry], None] = lambda entry: None,
) -> None:
    """Grade the submissions of ``students`` that are not graded yet, or not as they are now.

    Args:
        summary: gets an entry for each of them, as soon as it is done with.
        started, ended: called when a submission is begun and when it is done with.

    Raises:
        UserError: the gradebook cannot be used. What was saved before stays.
    """
    standings = ledger.standings()
    open_: dict[str, tuple[Submission, str]] = {}

    def end(entry: Entry) -> None:
        entry = replace(entry, remarks=(*entry.remarks, *_misplaced(ledger, entry.student)))
        summary.entries.append(entry)
        ended(entry)

    def jobs() -> Iterator[Job]:
        for student in students:
            place = _submitted(ledger, student)
            if not (place.is_dir() or place.is_symlink()):
                end(Entry(student, "not graded", 0.0))
                continue
            standing = standings.get(student, Standing({}, str(None)))
            try:
                submission = receive(place, student, ledger.lab)
                mark = fingerprint(ledger, submission, standing.extension)
            except OSError as error:
                end(Entry(student, "not graded", 0.0, (f"cannot be read: {error}",)))
                continue
            path = record_path(ledger, student)
            record = _read_record(path)
            if record is not None and _holds(record, mark, standing, ledger, student):
                end(Entry(student, "unchanged", _total(record.scores), tuple(record.remarks)))
            else:
                open_[student] = submission, mark
                yield Job(student, ledger.lab, submission.notebooks, submission.refused)

    for job, outcome in execute(jobs(), lambda job: started(job.student)):
        submission, mark = open_.pop(job.student)
        end(_save(ledger, submission, mark, outcome))


def fingerprint(ledger: Ledger, submission: Submission, extension: str) -> str:
    """SHA-256 of all that the marks of ``submission`` depend on."""
    parts = [ledger.lab.digest, submission.digest(), ledger.due, extension]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def record_path(ledger: Ledger, student: str) -> Path:
    """Where the record of a submission lies. nbgrader's patterns pass over names with a dot."""
    return ledger.folder(student).parent / f".{ledger.lab.name}.toonlens.json"


def _submitted(ledger: Ledger, student: str) -> Path:
    return Path(ledger.coursedir.format_path(ledger.coursedir.submitted_directory, student, ledger.lab.name))


def _save(ledger: Ledger, submission: Submission, mark: str, outcome: Outcome | Lost) -> Entry:
    """Save what grading gave. A fault with one submission is a remark; with the gradebook, it is raised."""
    student = submission.student
    if not isinstance(outcome, Graded):
        return Entry(student, "not graded", 0.0, (outcome.reason,))
    path = record_path(ledger, student)
    remarks = (*submission.remarks, *outcome.remarks)
    try:
        path.unlink(missing_ok=True)
        scores = ledger.save(submission, outcome)
        notebooks = digest_of(ledger.folder(student), ledger.lab.notebooks)
        record = Record(mark, scores, notebooks, ledger.lab.sandbox, remarks, round(outcome.seconds, 2))
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(asdict(record), indent=1, sort_keys=True) + "\n")
    except UserError:
        raise
    except Exception as error:  # nbgrader raises many kinds; the others' grades must not wait for this one
        reason = str(error).partition("\n")[0][:200]
        return Entry(student, "not graded", 0.0, (f"could not be saved: {type(error).__name__}: {reason}",))
    return Entry(student, "graded", _total(scores), remarks)


def _read_record(path: Path) -> Record | None:
    try:
        values: dict[str, Any] = json.loads(path.read_text())
        return Record(**values)
    except (OSError, ValueError, TypeError):  # none, or of another version
        return None


def _holds(record: Record, mark: str, standing: Standing, ledger: Ledger, student: str) -> bool:
    """Whether the submission is graded as it is now, and the gradebook and ``autograded/`` hold the result."""
    return (
        record.fingerprint == mark
        and record.scores == standing.scores
        and record.notebooks == digest_of(ledger.folder(student), ledger.lab.notebooks)
    )


def _total(scores: dict[str, dict[str, float | None]]) -> float:
    return sum(score or 0.0 for notebook in scores.values() for score in notebook.values())
