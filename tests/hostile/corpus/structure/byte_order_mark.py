"""An honest notebook that an editor wrote with a byte-order mark."""

import nbformat


def build(folder, notebook):
    (folder / "tiny.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8-sig")
    return True
