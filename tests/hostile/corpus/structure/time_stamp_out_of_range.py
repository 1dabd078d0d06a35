"""A time stamp that overflows the calendar."""


def build(folder, notebook):
    (folder / "timestamp.txt").write_text("99999-99-99 99:99:99.999999 +9999999")


def look(graded):
    assert (graded.submitted / "timestamp.txt").read_text().startswith("20")
