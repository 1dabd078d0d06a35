"""A cell that never ends."""

CELLS = {"scale_code": "while True: pass"}
DUE = {"scale": 0, "total": 0}


def look(graded):
    assert "Stopped after 5 s" in graded.text("scale_code")
