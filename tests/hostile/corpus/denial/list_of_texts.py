"""A list with one long text and many short ones, which NumPy would make an array of twenty gigabytes of."""

CELLS = {
    "scale_code": "def scale(x, f):\n    return ['x' * 20_000] + [''] * 250_000",
    "total_code": "def total(x):\n    return {'a': ['x' * 20_000] + [''] * 250_000}",
}
DUE = {"scale": 0, "total": 0}
QUICK = True


def look(graded):
    assert "a list, where an array of real numbers is due" in graded.text("scale")
