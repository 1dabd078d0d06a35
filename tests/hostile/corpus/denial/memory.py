"""Asks for far more memory than there is, in one piece."""

CELLS = {"total_code": "def total(x):\n    return len(bytearray(64 << 30))"}
DUE = {"total": 0}
QUICK = True


def look(graded):
    assert "MemoryError" in graded.text("total")
