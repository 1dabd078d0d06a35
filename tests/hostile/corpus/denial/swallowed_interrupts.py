"""A loop that catches every interrupt."""

CELLS = {
    "total_code": "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
}
DUE = {"total": 0}


def look(graded):
    assert "would not be interrupted" in graded.text("total_code")
