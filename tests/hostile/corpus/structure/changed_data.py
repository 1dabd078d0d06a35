"""The lab's data file comes back with other values; the released one is graded with."""

CELLS = {"offset_code": "offset = 1 if open('data.txt').read() == 'given\\n' else 'changed'"}


def build(folder, notebook):
    (folder / "data.txt").write_text("changed\n")
