"""What is inside a folder or a zip file that may be hostile: names, sizes, times, and bytes up to a cap.

Nothing is ever written to a place that an archive names, links are not followed, and only as much is unpacked as is
asked for.
"""

import io
import itertools
import os
import re
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from autograder.intake import read_regular, shown
from toonlens.errors import UserError

MAX_ENTRIES = 200_000  # in the zip file of a whole class
MAX_DEPTH = 12
SMALLEST_ENTRY = 46  # bytes in a zip file's directory, before an entry's name
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others let the archive choose how much memory unpacking takes


@dataclass(frozen=True)
class Item:
    """A regular file in a folder or an archive.

    Attributes:
        parts: its path, without anything that leads outside.
        seconds: since 1970, when it was written, by the clock of whoever made the archive, or of the file system.
        read: gives its bytes. Raises OSError where there are more than it is allowed, or they cannot be read.
        uid: of the account that owns the file; None in an archive.
    """

    parts: tuple[str, ...]
    seconds: float
    read: Callable[[int], bytes]
    uid: int | None = None


@dataclass(frozen=True)
class Refused:
    """An entry that is not taken, and why."""

    name: str
    reason: str


def folder_items(folder: Path) -> Iterator[Item | Refused]:
    """The files below ``folder``. Their time is when the file system last saw them change: nobody can set that."""
    waiting = [(folder, 0)]
    count = 0
    while waiting:
        place, depth = waiting.pop()
        try:
            with os.scandir(place) as listed:
                entries = sorted(itertools.islice(listed, MAX_ENTRIES + 1), key=lambda entry: entry.name)
        except OSError as error:
            if place == folder:
                raise UserError(f"cannot read {folder}: {error.strerror}") from None
            yield Refused(str(place.relative_to(folder)), f"cannot be read ({error.strerror})")
            continue
        count += len(entries)
        if count > MAX_ENTRIES:
            raise UserError(f"{folder} has more than {MAX_ENTRIES:,} entries: that is no class")
        for entry in entries:
            path = Path(entry.path)
            name = str(path.relative_to(folder))
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:  # removed since, or on a failing disk
                yield Refused(name, f"cannot be read ({error.strerror})")
                continue
            if stat.S_ISDIR(status.st_mode):
                if depth >= MAX_DEPTH:
                    yield Refused(name, f"more than {MAX_DEPTH} folders deep")
                else:
                    waiting.append((path, depth + 1))
            elif stat.S_ISREG(status.st_mode):
                yield Item(path.relative_to(folder).parts, status.st_ctime, _reader(path), status.st_uid)
            else:
                yield Refused(name, "a link" if stat.S_ISLNK(status.st_mode) else "neither a file nor a folder")


def _reader(path: Path) -> Callable[[int], bytes]:
    return lambda most: read_regular(path, most)


def zip_items(source: Path | bytes, entries: int = MAX_ENTRIES) -> Iterator[Item | Refused]:
    """The files in a zip file, which stays open as long as one of them is in use.

    Their time is the one that the archive gives, read as this machine's local time.

    Raises:
        UserError: it is no zip file, or has more than ``entries`` entries. The message names no file.
    """
    try:
        file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    except OSError as error:
        raise UserError(f"it cannot be read ({error.strerror})") from None
    try:
        archive = zipfile.ZipFile(file) if _count(file, entries) <= entries else None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        file.close()
        raise UserError(f"it is no zip file that can be read ({error})") from None
    if archive is None:
        file.close()
        raise UserError(f"it has more than {entries:,} entries")
    for info in archive.infolist():
        if info.is_dir() or info.filename.endswith("\\"):
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)
        parts = _parts(info.filename)
        if kind not in (0, stat.S_IFREG):
            yield Refused(info.filename, "a link" if kind == stat.S_IFLNK else "neither a file nor a folder")
        elif parts is None:
            yield Refused(info.filename, "its path leads outside, or cannot be shown")
        elif info.flag_bits & 1:
            yield Refused(info.filename, "it is encrypted")
        elif info.compress_type not in METHODS:
            yield Refused(info.filename, "it is packed in an unusual way: use a plain zip file")
        else:
            yield Item(parts, _seconds(info.date_time), _unpacker(archive, info))


def _count(file: BinaryIO, most: int) -> int:
    """The number of entries in a zip file's directory, up to ``most`` + 1, found without building a list of them.

    Only the directory is looked at: an entry's content can hold anything, another zip file's directory too. Where the
    directory is, zipfile itself says, since another reading of a file that lies could pass what ZipFile then unpacks.
    """
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if not end:
        return 0  # no zip file: ZipFile says so
    size, place = end[zipfile._ECD_SIZE], end[zipfile._ECD_LOCATION]  # type: ignore[attr-defined]
    if size // SMALLEST_ENTRY <= most:
        return size // SMALLEST_ENTRY
    if end[zipfile._ECD_SIGNATURE] == zipfile.stringEndArchive64:  # type: ignore[attr-defined]
        place -= zipfile.sizeEndCentDir64 + zipfile.sizeEndCentDir64Locator  # type: ignore[attr-defined]
    count, at, stop = 0, place - size, place
    while at + SMALLEST_ENTRY <= stop and count <= most:
        file.seek(at)
        entry = file.read(SMALLEST_ENTRY)
        if len(entry) < SMALLEST_ENTRY or entry[:4] != b"PK\x01\x02":
            break  # ZipFile stops there too
        at += SMALLEST_ENTRY + sum(struct.unpack_from("<HHH", entry, 28))  # name, extra field, comment
        count += 1
    return count


def _parts(name: str) -> tuple[str, ...] | None:
    """The parts of an entry's path; None if it leads outside or holds what cannot be a name."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or len(path.parts) > MAX_DEPTH:
        return None
    if not name.isprintable() or re.match("[A-Za-z]:", name) or any(len(part.encode()) > 255 for part in path.parts):
        return None
    return path.parts


def _seconds(date_time: tuple[int, int, int, int, int, int]) -> float:
    try:
        return time.mktime((*date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


def _unpacker(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        try:
            with archive.open(info) as file:
                data = file.read(most + 1)  # never more, whatever the directory says of its size
        except (
            zipfile.BadZipFile,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
            zlib.error,
        ) as error:
            raise OSError(f"damaged ({shown(str(error))})") from None
        if len(data) > most:
            raise OSError(f"larger than {most >> 20} MB unpacked")
        return data

    return read
