"""A list that holds itself, and one nested a million deep."""

CELLS = {
    "scale_code": "def scale(x, f):\n    loop = []\n    loop.append(loop)\n    return loop",
    "total_code": "def total(x):\n    deep = []\n    for _ in range(1_000_000): deep = [deep]\n    return deep",
}
DUE = {"scale": 0, "total": 0}
