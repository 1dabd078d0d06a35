"""A time stamp that is a link to a file of the host, of which the parser would tell."""


def build(folder, notebook):
    (folder / "timestamp.txt").symlink_to(folder.parents[2] / "secret.txt")


def look(graded):
    assert not (graded.submitted / "timestamp.txt").is_symlink()
