"""Scratch folders in the system's temporary folder; what a killed process left there, the next one removes."""

import contextlib
import fcntl
import itertools
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "toonlens-"  # short: a socket's path has at most 107 characters
LOCK = ".lock"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of our own (mode 700), removed at the end."""
    _remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (folder / f"{LOCK}-new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the system lets go of it however the process ends
            Path(lock.name).rename(folder / LOCK)
            yield folder
    finally:
        remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove ``folder`` and all below it, whatever a student made of it; never raises. Nobody writes there any more.

    Folders can be nested deeper than Python recurses, than files can be open and than a path may be long, and can
    forbid to look into them. So each is made readable, lifted to the top, and emptied there.
    """
    if folder.is_symlink():
        return
    fresh = (folder / f"{secrets.token_hex(8)}-{number}" for number in itertools.count())
    waiting = [folder]
    while waiting:
        emptied = waiting.pop()
        for path, is_folder in _inside(emptied):
            with contextlib.suppress(OSError):
                if is_folder:
                    _open_up(path)
                    waiting.append(path.rename(next(fresh)))
                else:
                    path.unlink()
        if emptied != folder:
            with contextlib.suppress(OSError):
                emptied.rmdir()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _inside(folder: Path) -> list[tuple[Path, bool]]:
    """What is in a folder, and whether it is a folder too."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [(Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries]
    return []


def _open_up(folder: Path) -> None:
    if os.geteuid() != 0:  # root needs no permission
        folder.chmod(0o700)


def _remove_abandoned(parent: Path) -> None:
    """Remove the scratch folders of this user whose lock nobody holds any more."""
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            with (folder / LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(folder)
