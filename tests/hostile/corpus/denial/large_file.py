"""One file larger than a file may be."""

CELLS = {"total_code": "open('large', 'wb').write(bytes(17 << 20))"}
DUE = {"total": 0}


def look(graded):
    assert "File too large" in graded.text("total_code")
