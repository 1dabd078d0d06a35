"""The notebook is a pipe."""

import os

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    os.mkfifo(folder / "tiny.ipynb")
    return True
