"""JSON that is no notebook: a list, and cells that are no list."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    (folder / "tiny.ipynb").write_text('{"cells": {"0": []}, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    return True
