"""Ten megabytes beside the notebook, where four are allowed; the small file is kept."""


def build(folder, notebook):
    (folder / "large.bin").write_bytes(bytes(10 << 20))
    (folder / "small.txt").write_text("mine")


def look(graded):
    assert not (graded.autograded / "large.bin").exists()
