"""os._exit in a function that the checks call."""

CELLS = {"total_code": "def total(x):\n    import os\n    os._exit(0)"}
DUE = {"total": 0}


def look(graded):
    assert "a call of your function ended the kernel" in graded.text("total")
