"""A picture with the notebook's name."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    (folder / "tiny.ipynb").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    return True
