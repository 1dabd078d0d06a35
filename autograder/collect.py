"""``toonlens collect``: submissions from nbgrader's exchange, a folder, or the zip file of Canvas or Moodle.

Whose a file is comes from its path, never from what is in it (see ``autograder.owners``); when it was handed in, from
the collecting side, never from the student. Each submission is made aside and then takes its place in ``submitted/``;
what it replaces lies aside until then, and a collection that was killed in between is mended by the next.
"""

import datetime
import pwd
import re
import shutil
import time
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.alone import alone_in
from autograder.archives import Item, Refused, folder_items, zip_items
from autograder.intake import shown
from autograder.limits import Limits
from autograder.owners import Places, student_name
from toonlens.errors import UserError

STAMP = "timestamp.txt"
STAGING = ".toonlens"  # below submitted/
OLD = "old"  # below that: what is being replaced, under its path below submitted/
NESTED_ENTRIES = 2_000  # in a zip file that a student handed in
IGNORED = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db", "desktop.ini"}
# NAME_[LATE_]USER_ATTACHMENT_FILE, where a later attempt's FILE has -1, -2, ... before its suffix
CANVAS = re.compile(r"(?P<name>[^_/]+)(?:_LATE)?_(?P<user>\d+)_(?P<attachment>\d+)_(?P<file>.+)")
# FULL NAME_PARTICIPANT_assignsubmission_file_[FILE], as a folder or as the beginning of a file's name
MOODLE = re.compile(r"(?P<name>.+)_(?P<participant>\d+)_assignsubmission_(?P<kind>[a-z]+)_?(?P<file>.*)", re.DOTALL)
# STUDENT+LAB+TIME[+RANDOM], made by `nbgrader submit`
EXCHANGE = re.compile(r"(?P<student>[^+]+)\+(?P<lab>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^+]*)(?:\+.*)?")
ATTEMPT = re.compile(r"(?: ?\(\d+\)|-\d+| - Copy|_copy)(?=\.ipynb$)", re.IGNORECASE)


@dataclass(frozen=True)
class Owned:
    """A file of one student.

    Attributes:
        student: a name that a folder can have.
        id: what tells namesakes apart: a participant's number, or the name before it was made fit; "" where the name
            says all.
        rest: the file's path in the submission.
        attempt: in the exchange, which of a student's submissions it belongs to.
        order: Canvas's number of the file, which grows with time; 0 elsewhere.
    """

    student: str
    id: str
    rest: tuple[str, ...]
    attempt: str = ""
    order: int = 0


Files = list[tuple[Owned, Item]]


@dataclass
class Collected:
    """What became of a source: students by outcome, and a line for each thing that was not taken."""

    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[Refused] = field(default_factory=list)


def collect(source: Path, lab: str, notebooks: Collection[str], submitted: Path, limits: Limits,
            others: Collection[str] = ()) -> Collected:  # fmt: skip
    """Put the submissions to ``lab`` that are in ``source`` into ``submitted/STUDENT/lab``.

    Args:
        source: a folder, or a zip file.
        notebooks: names of the lab's notebooks, without suffix.
        limits: how large a notebook, and the files beside it, may be.
        others: names of other labs, whose submissions are passed over.

    Raises:
        UserError: there is no such source, it is no zip file, or it holds no submission to this lab.
    """
    result = Collected()
    with alone_in(submitted, "`toonlens collect`"):
        _mend(submitted)
        try:
            items = _items(source, lab, notebooks, others, result)
            for student, files in _by_student(items, lab, others, submitted, result):
                try:
                    _take(student, files, lab, notebooks, submitted, limits, result)
                except OSError as error:  # such as a path that is too long: this student's trouble, nobody else's
                    result.refused.append(Refused(student, f"cannot be written ({error.strerror or error})"))
                    _mend(submitted)
        finally:
            _mend(submitted)
    return result


def _mend(submitted: Path) -> None:
    """Put back what was aside when a collection ended before its replacement was in place, and tidy up."""
    staging = submitted / STAGING
    for old in sorted((staging / OLD).glob("*/*")):
        place = submitted / old.relative_to(staging / OLD)
        if not place.is_symlink() and not place.exists():
            old.rename(place)
    shutil.rmtree(staging, ignore_errors=True)


def _items(source: Path, lab: str, notebooks: Collection[str], others: Collection[str],
           result: Collected) -> list[Item | Refused]:  # fmt: skip
    if source.is_dir():
        return list(folder_items(source))
    if not source.is_file():
        raise UserError(f"no such folder or zip file: {source}")
    try:
        items = list(zip_items(source))
    except UserError as error:
        raise UserError(f"cannot collect from {source}: {error}") from None
    wrapper = _wrapper([item.parts for item in items if isinstance(item, Item)], lab, notebooks, others)
    if wrapper is None:
        return items
    result.notes.append(Refused(wrapper, "all lies in this folder, so it was not taken for a student"))
    return [
        replace(item, parts=item.parts[1:]) if isinstance(item, Item) and item.parts[0] == wrapper else item
        for item in items
    ]


def _wrapper(paths: Collection[tuple[str, ...]], lab: str, notebooks: Collection[str],
             others: Collection[str]) -> str | None:  # fmt: skip
    """The one folder that all of a zip file was packed in, where what is below it tells whose it is."""
    paths = [parts for parts in paths if not IGNORED.intersection(parts)]
    tops = {parts[0] for parts in paths}
    if len(tops) != 1 or any(len(parts) == 1 or _names_its_student(parts[:1]) for parts in paths):
        return None
    below = [parts[1:] for parts in paths]
    wanted = {f"{name}.ipynb" for name in notebooks}
    if any(len(parts) == 1 and parts[0] in wanted for parts in below):
        return None  # a student's folder
    exported = any(_names_its_student(parts) for parts in below)
    by_lab = any(len(parts) > 2 and parts[1] == lab for parts in below)
    folders = {parts[0] for parts in below if len(parts) == 2 and parts[1] in wanted} - {lab, *others}
    return tops.pop() if exported or by_lab or len(folders) > 1 else None


def _names_its_student(parts: tuple[str, ...]) -> bool:
    """Whether a path begins as those do that nbgrader's exchange, Moodle or Canvas make."""
    patterns = (EXCHANGE, MOODLE, CANVAS) if len(parts) == 1 else (EXCHANGE, MOODLE)
    return any(pattern.fullmatch(parts[0]) for pattern in patterns)


def _by_student(items: Sequence[Item | Refused], lab: str, others: Collection[str], submitted: Path,
                result: Collected) -> Iterator[tuple[str, Files]]:  # fmt: skip
    """Files by the folder that their student has, or now gets, in ``submitted/``."""
    found: dict[tuple[str, str], Files] = {}
    for item in items:
        if isinstance(item, Refused):
            result.refused.append(item)
            continue
        if IGNORED.intersection(item.parts):
            continue
        owned = owner(item.parts, lab, others)
        if isinstance(owned, Refused):
            result.refused.append(owned)
        elif owned is not None and owned.attempt and not _may_be_of(owned.student, item.uid):
            result.refused.append(Refused("/".join(item.parts), "it belongs to another account than its name says"))
        elif owned is not None:
            found.setdefault((owned.student, owned.id), []).append((owned, item))
    places = Places(submitted, lab)
    folders = places.assign(sorted(found))
    result.notes += [Refused(name, reason) for name, reason in places.notes]
    result.refused += [Refused(name, reason) for name, reason in places.refused]
    for person, folder in folders.items():
        yield folder, found[person]


def _may_be_of(student: str, uid: int | None) -> bool:
    """Anybody can write into the exchange under any name; a file's owner tells, where students have accounts."""
    try:
        return uid is None or pwd.getpwnam(student).pw_uid == uid
    except KeyError:
        return True


def owner(parts: tuple[str, ...], lab: str, others: Collection[str] = ()) -> Owned | Refused | None:
    """Whose file lies at ``parts``, read from the names that nbgrader, Canvas and Moodle give. None: of another lab."""
    name, first, rest = "/".join(parts), parts[0], parts[1:]
    student, id_, attempt, order = first, "", "", 0
    if match := EXCHANGE.fullmatch(first):
        if match["lab"] != lab:
            return None
        student, attempt = match["student"], first
    elif match := MOODLE.fullmatch(first):
        if match["kind"] != "file":
            return Refused(name, "text typed into Moodle, not a file")
        student, id_ = match["name"], match["participant"]
        rest = (match["file"], *rest) if match["file"] else rest
    elif len(parts) == 1 and (match := CANVAS.fullmatch(first)):
        student, rest = f"{match['name']}_{match['user']}", (match["file"],)
        order = int(match["attachment"][-18:])
    elif len(parts) == 1:
        student, _, suffix = first.rpartition(".")
        rest = (f"{lab}.{suffix}",)
        if suffix not in ("ipynb", "zip") or student in (lab, *others):
            return Refused(name, "its name does not say whose it is")
    elif rest[0] in others and rest[0] != lab:
        return None
    elif rest[0] == lab and len(rest) > 1:
        rest = rest[1:]
    if not rest:
        return Refused(name, "its name does not say what it is")
    cleaned = student_name(student)
    if not cleaned:
        return Refused(name, "its student has no name that can be used")
    composed = unicodedata.normalize("NFC", student)
    return Owned(cleaned, id_ or ("" if cleaned == composed else composed), rest, attempt, order)


def _take(student: str, files: Files, lab: str, notebooks: Collection[str], submitted: Path,
          limits: Limits, result: Collected) -> None:  # fmt: skip
    """Put one student's files into their place, unless they are there already."""
    if attempts := {owned.attempt for owned, _ in files if owned.attempt}:  # in the exchange: the latest counts
        when = {attempt: max(i.seconds for o, i in files if o.attempt == attempt) for attempt in attempts}
        latest = max(when, key=lambda attempt: (when[attempt], attempt))
        files = [(owned, item) for owned, item in files if owned.attempt == latest]
    files = _newest(student, files, notebooks, result)
    seconds = max(item.seconds for _, item in files)
    content = _read(student, files, notebooks, limits, result)
    if content is None:
        return
    made = submitted / STAGING / "new"
    for name, data in content.items():
        path = made.joinpath(*name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    place = submitted / student / lab
    old = _present(place)
    if old == {"/".join(name): data for name, data in content.items()}:  # the time of the first collection stays
        result.unchanged.append(student)
        shutil.rmtree(made)
        return
    stamp = datetime.datetime.fromtimestamp(min(seconds, time.time()), tz=datetime.UTC)
    (made / STAMP).write_text(f"{stamp:%Y-%m-%d %H:%M:%S} UTC\n")
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        old_place = submitted / STAGING / OLD / student / lab
        old_place.parent.mkdir(parents=True)
        place.rename(old_place)
    made.rename(place)  # killed before this: see _mend
    shutil.rmtree(submitted / STAGING / OLD, ignore_errors=True)
    (result.new if old is None else result.updated).append(student)


def _newest(student: str, files: Files, notebooks: Collection[str], result: Collected) -> Files:
    """Canvas's files with the newest first, and of a notebook's attempts only the newest."""
    files = sorted(files, key=lambda file: (-file[0].order, -_attempt(file[0].rest[-1])))
    kept: Files = []
    attempts: dict[tuple[str, ...], list[str]] = {}
    for owned, item in files:
        plain = (*owned.rest[:-1], ATTEMPT.sub("", owned.rest[-1]))
        if owned.order and len(plain) == 1 and plain[0].removesuffix(".ipynb") in notebooks:
            attempts.setdefault(plain, []).append(owned.rest[-1])
            if len(attempts[plain]) > 1:
                continue
            owned = replace(owned, rest=plain)
        kept.append((owned, item))
    for taken, *older in attempts.values():
        if older:
            names = ", ".join(shown(name) for name in older[:3]) + (", …" if len(older) > 3 else "")
            result.notes.append(Refused(student, f"{shown(taken)} was taken, the newest attempt; older: {names}"))
    return kept


def _attempt(name: str) -> int:
    """The number that Canvas puts behind the name of a later attempt's file."""
    found = re.search(r"-(\d{1,9})(?=\.[^.]+$)", name)
    return int(found[1]) if found else 0


def _present(place: Path) -> dict[str, bytes] | None:
    """The files of an earlier collection without its time stamp."""
    if place.is_symlink() or not place.is_dir():
        return None
    files = [path for path in place.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path.relative_to(place)): path.read_bytes() for path in files if path != place / STAMP}


def _read(student: str, files: Files, notebooks: Collection[str], limits: Limits,
          result: Collected) -> dict[tuple[str, ...], bytes] | None:  # fmt: skip
    """The content of a submission, its notebooks under the lab's names. None where there is no notebook."""
    content: dict[tuple[str, ...], bytes] = {}
    left = (limits.notebook_mb * len(notebooks) + limits.extra_mb) << 20

    def put(rest: tuple[str, ...], item: Item) -> None:
        nonlocal left
        name = f"{student}: {'/'.join(rest)}"
        if rest == (STAMP,):
            return  # the collector's clock counts
        if rest in content:
            result.refused.append(Refused(name, "there are two of this name; the first was taken"))
        elif len(content) >= limits.extra_files + len(notebooks):
            result.refused.append(Refused(name, f"more than {limits.extra_files} files of one student"))
        elif any(rest[:k] in content for k in range(1, len(rest))) or any(n[: len(rest)] == rest for n in content):
            result.refused.append(Refused(name, "a file in the place of a folder"))
        else:
            try:
                content[rest] = item.read(min(left, limits.notebook_mb << 20))
                left -= len(content[rest])
            except OSError as error:
                result.refused.append(Refused(name, str(error.strerror or error)))

    for owned, item in files:
        if owned.rest[-1].lower().endswith(".zip"):
            try:
                packed = item.read(left)
                for inner in zip_items(packed, NESTED_ENTRIES):
                    if isinstance(inner, Refused):
                        result.refused.append(Refused(f"{student}: {owned.rest[-1]}: {inner.name}", inner.reason))
                    elif not IGNORED.intersection(inner.parts):
                        put(_unwrapped(inner.parts, notebooks), inner)
            except (OSError, UserError) as error:
                result.refused.append(Refused(f"{student}: {owned.rest[-1]}", str(error)))
        else:
            put(owned.rest, item)
    return _renamed(student, content, notebooks, result)


def _unwrapped(parts: tuple[str, ...], notebooks: Collection[str]) -> tuple[str, ...]:
    """A notebook in a folder of a zip file counts as if it lay at its top."""
    if len(parts) > 1 and ATTEMPT.sub("", parts[-1]).removesuffix(".ipynb") in notebooks:
        return parts[-1:]
    return parts


def _renamed(student: str, content: dict[tuple[str, ...], bytes], notebooks: Collection[str],
             result: Collected) -> dict[tuple[str, ...], bytes] | None:  # fmt: skip
    """Give notebooks that Canvas or a browser has renamed their names back."""
    theirs = sorted(name for name in content if len(name) == 1 and name[0].endswith(".ipynb"))
    for name in theirs:
        plain = ATTEMPT.sub("", name[0])
        if plain != name[0] and plain.removesuffix(".ipynb") in notebooks and (plain,) not in content:
            content[(plain,)] = content.pop(name)
    missing = [name for name in notebooks if (f"{name}.ipynb",) not in content]
    theirs = sorted(name for name in content if len(name) == 1 and name[0].endswith(".ipynb"))
    if len(notebooks) == 1 and missing and len(theirs) == 1:
        content[(f"{missing[0]}.ipynb",)] = content.pop(theirs[0])
        result.notes.append(Refused(student, f"{shown(theirs[0][0])} was taken for {missing[0]}.ipynb"))
    elif len(missing) == len(notebooks):
        result.refused.append(Refused(student, f"there is no {' or '.join(missing)}.ipynb among the files"))
        return None
    return content
