"""A function that gives a generator, and one that gives itself."""

CELLS = {
    "scale_code": "def scale(x, f):\n    yield from f * x",
    "total_code": "def total(x):\n    return total",
}
DUE = {"scale": 0, "total": 0}
