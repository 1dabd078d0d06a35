"""What a student handed in, as the grader of a class takes it: tidied, read once, and fingerprinted."""

import hashlib
import itertools
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from autograder.submission import WHY, Unreadable, read_submission, tidy
from autograder.worker import Lab

MAX_REMARKS = 5


@dataclass(frozen=True)
class Submission:
    """One student's work on one lab.

    Attributes:
        notebooks: the lab's notebooks that could be read, as JSON, by name without suffix; type, source and grade_id
            of their cells and nothing else.
        refused: why the others could not be read.
        files: all other files, by path relative to the submission's folder.
        remarks: one line for each thing that was moved out of the submission, for the instructor.
    """

    student: str
    notebooks: dict[str, str]
    refused: dict[str, str]
    files: dict[str, Path]
    remarks: tuple[str, ...]

    def digest(self) -> str:
        """SHA-256 of everything in it that can bear on its marks."""
        files = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in self.files.items()}
        parts = json.dumps([self.notebooks, self.refused, files], sort_keys=True)
        return hashlib.sha256(parts.encode()).hexdigest()


def receive(folder: Path, student: str, lab: Lab) -> Submission:
    """Tidy the submission in ``folder`` (see ``autograder.submission``) and read it."""
    tidy(folder, lab.limits, lab.release)
    notebooks, refused = {}, {}
    for name in lab.notebooks:
        try:
            notebook = read_submission(folder / f"{name}.ipynb", lab.limits)
            for place, cell in enumerate(notebook.cells):
                cell["id"] = f"cell-{place}"  # the same bytes, the same text
            notebooks[name] = json.dumps(notebook)
        except Unreadable as error:
            refused[name] = str(error)
        except RecursionError:
            refused[name] = f"{name}.ipynb has lists within lists without end: save it with Jupyter again"
    files = {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb"
    }
    return Submission(student, notebooks, refused, files, _moved(folder))


def _moved(folder: Path) -> tuple[str, ...]:
    """What was moved out of the submission, now or before."""
    try:
        with (folder.with_name(f".{folder.name}-refused") / WHY).open(encoding="ascii") as why:
            lines = [line.strip()[:200] for line in itertools.islice(why, MAX_REMARKS + 1)]
    except (OSError, ValueError):
        return ()
    more = ["and more: see why.txt beside it"] if len(lines) > MAX_REMARKS else []
    return tuple([f"moved aside: {line.partition(': ')[2]}" for line in lines[:MAX_REMARKS]] + more)


def shown(name: str) -> str:
    """A file name for one line of a message: printable and short."""
    text = "".join(c if c.isprintable() else "?" for c in name.encode(errors="replace").decode())
    return text if len(text) <= 60 else text[:59] + "…"


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of a regular file of at most ``most`` bytes.

    Raises:
        OSError: it is a link, a device, a pipe or a socket, is larger, or cannot be read.
    """
    # O_NONBLOCK: opening a pipe without a writer would wait for one.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("not a regular file")
        if status.st_size > most:
            raise OSError(f"larger than {most >> 20} MB")
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(f"larger than {most >> 20} MB")
    return data
