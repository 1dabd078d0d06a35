"""os._exit in a cell: the kernel is gone at once."""

CELLS = {"total_code": "import os\nos._exit(0)"}
DUE = {"total": 0}
QUICK = True


def look(graded):
    assert "This cell ended the kernel" in graded.text("total_code")
