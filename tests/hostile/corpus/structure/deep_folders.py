"""Folders within folders, deeper than a path can be long."""

import os


def build(folder, notebook):
    place = os.open(folder, os.O_RDONLY)
    for _ in range(200):
        os.mkdir("d" * 50, dir_fd=place)
        place, last = os.open("d" * 50, os.O_RDONLY, dir_fd=place), place
        os.close(last)
    os.close(place)


def look(graded):
    assert (graded.submitted.with_name(".tiny-refused") / "why.txt").exists()
