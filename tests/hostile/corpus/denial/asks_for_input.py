"""A cell and a function that wait for somebody to type."""

CELLS = {"scale_code": "name = input('Your name? ')", "total_code": "def total(x):\n    return float(input())"}
DUE = {"scale": 0, "total": 0}
