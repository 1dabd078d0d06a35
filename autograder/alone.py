"""One process at a time in a folder."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from toonlens.errors import UserError

LOCK = ".toonlens.lock"


@contextlib.contextmanager
def alone_in(folder: Path, who: str) -> Iterator[None]:
    """Hold the lock of ``folder``, which is made if missing. The system lets go of it however the process ends.

    Raises:
        UserError: another process holds it; ``who`` says in the message what that would be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"another {who} is at work in this course: wait until it has ended") from None
        yield
