"""What a student handed in, read from a folder that anything may be in.

Only regular files are read, none through a symbolic link, and no more of them than the caps allow. What is left out is
said in ``remarks``; nothing of it stops the rest.
"""

import hashlib
import json
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

MAX_FILES = 200
MAX_FILE_MB = 32
MAX_TOTAL_MB = 64
MAX_DEPTH = 8
TIMESTAMP = "timestamp.txt"


@dataclass(frozen=True)
class Submission:
    """One student's work on one lab.

    Attributes:
        notebooks: bytes of the lab's notebooks that are there, by name without suffix.
        files: bytes of all other regular files, by path relative to the submission's folder.
        remarks: one line for each thing that was left out, for the instructor.
    """

    student: str
    notebooks: dict[str, bytes]
    files: dict[str, bytes]
    remarks: tuple[str, ...]

    def digest(self) -> str:
        """SHA-256 of everything that was read."""
        parts = {
            **{f"{name}.ipynb": hashlib.sha256(data).hexdigest() for name, data in self.notebooks.items()},
            **{name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()},
        }
        return hashlib.sha256(json.dumps([sorted(parts.items()), self.remarks]).encode()).hexdigest()


def read_submission(folder: Path, student: str, notebooks: Collection[str]) -> Submission:
    """Read the submission in ``folder``; ``notebooks`` are the names of the lab's notebooks, without suffix."""
    found: dict[str, bytes] = {}
    remarks: list[str] = []
    if folder.is_symlink() or folder.parent.is_symlink():
        return Submission(student, {}, {}, (f"{shown(folder.name)} is a symbolic link; it was not followed",))
    _read_folder(folder, "", found, remarks)
    ours = {name: found.pop(f"{name}.ipynb") for name in notebooks if f"{name}.ipynb" in found}
    for name in [name for name in found if name.endswith(".ipynb")]:
        remarks.append(f"{shown(name)} is not a notebook of this lab")
        del found[name]
    if TIMESTAMP in found and not is_timestamp(found[TIMESTAMP]):
        remarks.append(f"{TIMESTAMP} holds no date that can be read")
        del found[TIMESTAMP]
    for name in notebooks:
        if name not in ours:
            remarks.append(f"there is no {name}.ipynb")
    return Submission(student, ours, found, tuple(remarks))


def shown(name: str) -> str:
    """A file name for one line of a message: printable and short."""
    text = "".join(c if c.isprintable() else "?" for c in name.encode(errors="replace").decode())
    return text if len(text) <= 60 else text[:59] + "…"


def is_timestamp(data: bytes) -> bool:
    """Whether nbgrader can read the date in a ``timestamp.txt``."""
    from nbgrader.utils import parse_utc

    try:
        text = data[:200].decode("ascii").strip()
        return len(data) <= 200 and bool(text) and parse_utc(text).year >= 1970
    except (ValueError, OverflowError, AttributeError):
        return False


def _read_folder(folder: Path, prefix: str, found: dict[str, bytes], remarks: list[str]) -> None:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)[: 10 * MAX_FILES]
    except OSError as error:
        remarks.append(f"{shown(prefix) or 'the folder'} cannot be read ({error.strerror})")
        return
    for entry in entries:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if name.count("/") >= MAX_DEPTH:
                remarks.append(f"{shown(name)} lies too deep")
            elif entry.name not in (".ipynb_checkpoints", "__pycache__"):
                _read_folder(Path(entry.path), name + "/", found, remarks)
            continue
        if len(found) >= MAX_FILES or len(remarks) >= MAX_FILES:
            remarks.append(f"more than {MAX_FILES} files: the rest was left out")
            return
        left = (MAX_TOTAL_MB << 20) - sum(map(len, found.values()))
        try:
            name.encode()  # nbgrader keeps names in UTF-8
            found[name] = read_regular(Path(entry.path), min(MAX_FILE_MB << 20, left))
        except UnicodeEncodeError:
            remarks.append(f"{shown(name)} has a name that is not UTF-8")
        except OSError as error:
            remarks.append(f"{shown(name)} was left out: {error.strerror or error}")


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
