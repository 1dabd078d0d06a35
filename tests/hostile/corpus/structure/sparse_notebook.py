"""A file of a hundred gigabytes that takes no room on the disk."""

import os

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    (folder / "tiny.ipynb").touch()
    os.truncate(folder / "tiny.ipynb", 100 << 30)
    return True
