"""The notebook is a file of no bytes."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}
QUICK = True


def build(folder, notebook):
    (folder / "tiny.ipynb").touch()
    return True


def look(graded):
    assert "tiny.ipynb is not JSON" in graded.text("scale")
