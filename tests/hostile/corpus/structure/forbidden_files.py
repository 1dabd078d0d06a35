"""Files and folders that may not be read; root may read them all the same."""


def build(folder, notebook):
    (folder / "closed.txt").write_text("x")
    (folder / "closed.txt").chmod(0)
    (folder / "closed").mkdir()
    (folder / "closed").chmod(0)
