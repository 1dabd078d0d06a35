"""A loop that catches every interrupt."""

CELLS = {
    "total_code": "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
}
DUE = {"total": 0}


def look(graded):
    text = graded.text("total_code")
    assert "would not be interrupted" in text or "Stopped after 5 s" in text  # two interrupts in a row come through
