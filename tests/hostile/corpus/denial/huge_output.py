"""Prints sixty megabytes."""

CELLS = {"scale_code": "for _ in range(60): print('x' * 1_000_000)\ndef scale(x, f):\n    return f * x"}


def look(graded):
    assert len(graded.text("scale_code")) < 70_000
    assert "More output than is kept" in graded.text("scale_code")
