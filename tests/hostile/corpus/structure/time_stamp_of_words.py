"""A time stamp that is no time."""

QUICK = True


def build(folder, notebook):
    (folder / "timestamp.txt").write_text("yesterday, I swear")


def look(graded):
    assert (graded.submitted / "timestamp.txt").read_text().endswith(" UTC\n")
