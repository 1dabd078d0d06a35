"""A submission as files: what may not be copied, and its notebook, read by someone who trusts neither.

nbgrader copies every file beside a submitted notebook into the autograded and the feedback folder, following links,
and stops at a notebook or a time stamp that it cannot read. So links, devices, pipes, and what is too much or too odd
is moved out of the submission first; and a notebook that cannot be read becomes an empty one with a reason.
"""

import datetime
import itertools
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.utils import parse_utc

from autograder.limits import Limits
from autograder.plan import attachments_of, grade_id_of, make_cell, source_of
from toonlens.errors import UserError

MAX_DEPTH = 8  # folders within folders
MAX_NAME = 200  # bytes of a file's name
STAMP = "timestamp.txt"
STAMP_FORM = "%Y-%m-%d %H:%M:%S.%f UTC"
WHY = "why.txt"


class Unreadable(UserError):
    """A submitted notebook that cannot be read. The message is for the student, without the file's place."""


def read_submission(path: Path, limits: Limits) -> NotebookNode:
    """The cells of a submitted notebook with type, source, ``grade_id`` and pasted pictures, and nothing else of it.

    Whether it is valid is not asked: the released notebook decides what is graded (see ``autograder.plan``).

    Raises:
        Unreadable: missing, no regular file, too large, not JSON, or without a list of cells.
    """
    return parse_submission(_read_regular(path, limits.notebook_mb << 20), path.name)


def parse_submission(data: bytes, name: str) -> NotebookNode:
    """The cells of the submitted notebook ``name`` whose file holds ``data``; see ``read_submission``."""
    try:
        content = json.loads(data)
    except UnicodeDecodeError:
        raise Unreadable(f"{name} is not text in UTF-8: save it with Jupyter again") from None
    except (ValueError, RecursionError) as error:
        line = str(error).partition("\n")[0][:100]
        raise Unreadable(f"{name} is not JSON, so no notebook ({line}): save it with Jupyter") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise Unreadable(f"{name} has no list of cells, so it is no notebook of format 4: save it with Jupyter")
    return new_notebook(cells=[_bare(NotebookNode(cell)) for cell in cells if isinstance(cell, dict)])


def _bare(cell: NotebookNode) -> NotebookNode:
    grade_id = grade_id_of(cell)
    kind = "code" if cell.get("cell_type") == "code" else "markdown"
    bare = make_cell(kind, source_of(cell), {"nbgrader": {"grade_id": grade_id}} if grade_id else {})
    if bare.cell_type == "markdown" and (attached := attachments_of(cell)):
        bare["attachments"] = attached
    return bare


def _read_regular(path: Path, limit: int) -> bytes:
    try:
        # Neither follows a link nor waits for the other end of a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unreadable(f"there is no {path.name} in the submission{_instead(path)}") from None
    except OSError as error:
        reason = "is a link" if path.is_symlink() else f"cannot be opened ({error.strerror})"
        raise Unreadable(f"{path.name} {reason}: hand in the file itself") from None
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable(f"{path.name} is no file: hand in the notebook itself")
        if about.st_size > limit:
            raise Unreadable(
                f"{path.name} has {about.st_size / 1e6:,.1f} MB, more than {limit / 1e6:,.1f}: clear large outputs"
            )
        return file.read(limit + 1)


def _instead(path: Path) -> str:
    """Notebooks under another name, which the student may have renamed."""
    try:
        names = sorted(entry.name for entry in itertools.islice(os.scandir(path.parent), 1000))
    except OSError:
        return ""
    others = [ascii(name) for name in names if name.endswith(".ipynb")][:3]
    return f", but {', '.join(others)}: give the file its old name" if others else ""


def tidy(folder: Path, limits: Limits, released: Path | None = None) -> list[str]:
    """Move out of the submission ``folder`` what must not be copied from it. One line for each thing moved.

    It goes, unchanged, to a hidden folder beside it (``.NAME-refused``), with the reasons in ``why.txt``. Submitted
    notebooks stay where they are: nobody copies them, and ``read_submission`` is careful. A time stamp that cannot be
    read is replaced by the time at which its file was written.

    Args:
        released: the folder of the released lab; a file that takes the place of one of its folders, or the other way
            round, would stop the released one from being copied.
    """
    moved: list[str] = []
    for place in (folder.parent, folder):
        if place.is_symlink():
            moved.append(_move(place, place, "a link"))
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / STAMP
    if os.path.lexists(stamp) and not _is_stamp(stamp):
        written = datetime.datetime.fromtimestamp(stamp.lstat().st_mtime, tz=datetime.UTC)
        moved.append(_move(folder, stamp, "no time stamp"))
        stamp.write_text(f"{written.strftime(STAMP_FORM)}\n")
    for path, reason in list(_refused(folder, limits, released)):
        moved.append(_move(folder, path, reason))
    return moved


def _refused(folder: Path, limits: Limits, released: Path | None) -> Iterator[tuple[Path, str]]:
    """Entries that may not stay, each with the reason; nothing inside of a refused folder."""
    if sum(1 for _ in itertools.islice(_entries(folder, 0), limits.extra_files + 1)) > limits.extra_files:
        for path in folder.iterdir():
            if not _stays(path):
                yield path, f"one of more than {limits.extra_files} files"
        return
    size, gone = 0, ""
    for entry, depth in _entries(folder, 0):
        path = Path(entry.path)
        if gone and path.is_relative_to(gone):
            continue
        if reason := _odd(entry, path, depth, released and released / path.relative_to(folder)):
            gone = entry.path
            yield path, reason
        elif entry.is_file(follow_symlinks=False):
            size += entry.stat(follow_symlinks=False).st_size
            if size > limits.extra_mb << 20:
                yield path, f"more than {limits.extra_mb} MB beside the notebook"


def _entries(folder: Path, depth: int) -> Iterator[tuple[os.DirEntry, int]]:
    """What is in a folder and the folders in it, links not followed, without the notebook and the time stamp."""
    try:
        entries = os.scandir(folder)
    except PermissionError:
        return
    with entries:
        for entry in entries:
            if depth or not _stays(Path(entry.path)):
                yield entry, depth
                if depth <= MAX_DEPTH and entry.is_dir(follow_symlinks=False):
                    yield from _entries(Path(entry.path), depth + 1)


def _stays(path: Path) -> bool:
    notebook = path.suffix == ".ipynb" and (path.is_symlink() or not path.is_dir())
    return notebook or path.name == STAMP


def _odd(entry: os.DirEntry, path: Path, depth: int, released: Path | None) -> str:
    """Why an entry may not stay; empty if it may."""
    if not entry.name.isprintable() or len(os.fsencode(entry.name)) > MAX_NAME:
        return "a name that cannot be shown, or too long"
    if entry.is_symlink():
        return "a link"
    folder = entry.is_dir(follow_symlinks=False)
    if not folder and not entry.is_file(follow_symlinks=False):
        return "neither a file nor a folder"
    if folder and depth >= MAX_DEPTH:
        return f"more than {MAX_DEPTH} folders deep"
    if not os.access(path, os.R_OK | os.X_OK if folder else os.R_OK):
        return "cannot be read"
    if released is not None and released.exists() and released.is_dir() != folder:
        return "in the place of a file of the lab"
    return ""


def _is_stamp(path: Path) -> bool:
    try:
        text = _read_regular(path, 200).decode("ascii").strip()
        return 2000 <= parse_utc(text).year < 2200
    except Exception:  # the parser raises whatever the text leads it to
        return False


def _move(folder: Path, path: Path, reason: str) -> str:
    refused = folder.with_name(f".{folder.name}-refused")
    refused.mkdir(exist_ok=True)
    number = next(n for n in itertools.count(1) if not os.path.lexists(refused / f"{n}"))
    line = f"{number}: {os.fsdecode(path.relative_to(folder.parent))!a}: {reason}"
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o700)  # a closed folder cannot be moved, but by root
    path.rename(refused / f"{number}")
    with (refused / WHY).open("a", encoding="ascii") as why:
        why.write(f"{line}\n")
    return line
