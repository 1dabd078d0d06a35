"""Links to files of the host beside the notebook: absolute, relative, dangling, and to a folder."""

QUICK = True


def build(folder, notebook):
    secret = folder.parents[2] / "secret.txt"
    assert secret.exists()
    (folder / "notes.txt").symlink_to(secret)
    (folder / "notes2.txt").symlink_to("../../../secret.txt")
    (folder / "nothing.txt").symlink_to("/nowhere/at/all")
    (folder / "folder").symlink_to(folder.parents[2])
    (folder / "endless").symlink_to("endless")
    (folder / "deep").mkdir()
    (folder / "deep" / "notes.txt").symlink_to(secret)
    (folder / "honest.txt").write_text("mine")


def look(graded):
    assert sorted(path.name for path in graded.autograded.iterdir()) == ["data.txt", "honest.txt", "tiny.ipynb"]
    refused = graded.submitted.with_name(".tiny-refused")
    assert (refused / "why.txt").read_text().count(": a link") == 6
