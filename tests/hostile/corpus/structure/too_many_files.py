"""A thousand files beside the notebook."""


def build(folder, notebook):
    (folder / "many").mkdir()
    for number in range(1000):
        (folder / "many" / f"{number}.txt").write_text("x")


def look(graded):
    assert not (graded.autograded / "many").exists()
    assert "one of more than 20 files" in (graded.submitted.with_name(".tiny-refused") / "why.txt").read_text()
