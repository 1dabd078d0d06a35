"""JSON with a number of a million digits, which takes a quadratic time to read."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    (folder / "tiny.ipynb").write_text('{"cells": [], "nbformat": ' + "9" * 1_000_000 + "}")
    return True
