"""The whole submission is a link to the folder of a student who got full marks."""

DUE = {"scale": 0, "total": 0, "offset": 0, "why": 0}


def build(folder, notebook):
    folder.rmdir()
    folder.symlink_to(folder.parents[1] / "aa-honest" / "tiny")
    return True


def look(graded):
    assert not graded.submitted.is_symlink()
