"""A time stamp of before there were computers, to be never late."""


def build(folder, notebook):
    (folder / "timestamp.txt").write_text("1066-10-14 09:00:00.000000 UTC")


def look(graded):
    assert (graded.submitted / "timestamp.txt").read_text().startswith("20")
