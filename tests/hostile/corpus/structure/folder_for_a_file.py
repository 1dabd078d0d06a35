"""A folder with the name of a file that the lab brings, so that the lab's file cannot be copied."""


def build(folder, notebook):
    (folder / "data.txt").mkdir()
    (folder / "data.txt" / "mine").write_text("mine")


def look(graded):
    assert (graded.autograded / "data.txt").read_text() == "given\n"
