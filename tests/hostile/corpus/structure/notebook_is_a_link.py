"""The notebook is a link to the notebook of a student who got full marks."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    other = folder.parents[1] / "aa-honest" / "tiny" / "tiny.ipynb"
    assert other.exists()
    (folder / "tiny.ipynb").symlink_to(other)
    return True


def look(graded):
    assert "tiny.ipynb is a link" in graded.text("scale")
