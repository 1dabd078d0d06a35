"""A function gives more bytes than a reply may have."""

CELLS = {"total_code": "def total(x):\n    return np.zeros(10 << 20)"}
DUE = {"total": 0}


def look(graded):
    assert "gave a value of more than 4 MB" in graded.text("total")
