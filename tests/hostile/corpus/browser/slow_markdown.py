"""Markdown that takes a renderer minutes: nested brackets, emphasis, quotes, tags without end."""

from nbformat.v4 import new_markdown_cell

CELLS = {"why": "Because. " + "<div>" * 200_000}


def build(folder, notebook):
    for part in ("[" * 19_000, "> " * 9_000, "*a" * 9_000, "`" * 19_000, "![[" * 6_000, "<div>" * 900, "$" * 19_000):
        notebook.cells.append(new_markdown_cell(part))
