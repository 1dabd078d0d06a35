"""Opens files until no more can be opened, and keeps them."""

CELLS = {"total_code": "kept = [open('/dev/null') for _ in range(100_000)]"}
DUE = {"total": 0}


def look(graded):
    assert "Too many open files" in graded.text("total_code")
