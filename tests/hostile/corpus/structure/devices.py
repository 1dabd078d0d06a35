"""A device without end: made where that is allowed, else linked to."""

import os
import stat


def build(folder, notebook):
    try:
        os.mknod(folder / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        (folder / "zero").symlink_to("/dev/zero")
    (folder / "endless.txt").symlink_to("/dev/zero")


def look(graded):
    assert not (graded.autograded / "zero").exists()
