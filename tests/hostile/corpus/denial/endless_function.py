"""A function that never returns."""

CELLS = {"total_code": "def total(x):\n    while True: pass"}
DUE = {"total": 0}
QUICK = True


def look(graded):
    assert "a call of your function took more than 5 s" in graded.text("total")
