"""A folder with the notebook's name, full of links."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    (folder / "tiny.ipynb").mkdir()
    (folder / "tiny.ipynb" / "secret").symlink_to(folder.parents[2] / "secret.txt")
    return True
