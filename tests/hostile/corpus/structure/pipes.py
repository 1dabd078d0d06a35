"""Pipes beside the notebook, whose readers wait for ever, and one in the place of the time stamp."""

import os


def build(folder, notebook):
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "timestamp.txt")


def look(graded):
    assert not (graded.autograded / "pipe").exists()
    assert (graded.submitted / "timestamp.txt").is_file()
