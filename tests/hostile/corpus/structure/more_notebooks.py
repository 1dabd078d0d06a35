"""Other notebooks beside the right one: unknown, broken, and of other labs."""


def build(folder, notebook):
    (folder / "other.ipynb").write_text("{")
    (folder / "lab06.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')


def look(graded):
    assert [path.name for path in graded.autograded.glob("*.ipynb")] == ["tiny.ipynb"]
