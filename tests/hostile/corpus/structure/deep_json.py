"""JSON nested a hundred thousand deep, which overflows the stack of whoever parses it."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    (folder / "tiny.ipynb").write_text('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")
    return True
