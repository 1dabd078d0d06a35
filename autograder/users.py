"""User ids for sandboxes where the grader is root: each belongs to one living sandbox only.

Linux counts processes per user, so two sandboxes with one user would share a limit, and a fork bomb in one would keep
the other from starting a thread.
"""

import contextlib
import fcntl
import os
import random
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from toonlens.errors import UserError

FIRST, COUNT = 61000, 4000  # none of them has an account
SYSTEM = Path("/run")


@contextlib.contextmanager
def user_of_its_own() -> Iterator[int]:
    """The id of a user whom no other sandbox on this machine has, for as long as the context lasts.

    Where the grader is not root, it is the grader's own: bubblewrap then gives each sandbox a namespace of users.

    Raises:
        UserError: somebody else made the folder of the locks, or all users are taken.
    """
    if os.geteuid() != 0:
        yield os.geteuid()
        return
    folder = _folder_of_locks()
    start = random.randrange(COUNT)  # not the first free one: what a sandbox leaves for an instant is not the next's
    for number in range(COUNT):
        uid = FIRST + (start + number) % COUNT
        with (folder / str(uid)).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go of by the system however the grader ends
            except BlockingIOError:
                continue
            yield uid
            return
    raise UserError(f"{COUNT} sandboxes run on this machine: wait until some have ended")


def _folder_of_locks() -> Path:
    """A folder that only root can look into."""
    parent = SYSTEM if os.access(SYSTEM, os.W_OK) else Path(tempfile.gettempdir())
    folder = parent / "toonlens-users"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != 0 or found.st_mode != stat.S_IFDIR | 0o700:
        raise UserError(f"{folder} is not a folder of root's alone (mode 700): remove it")
    return folder
