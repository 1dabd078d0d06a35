"""Recursion without end, with the limit raised."""

CELLS = {"total_code": "import sys\nsys.setrecursionlimit(10**9)\ndef total(x):\n    return total(x)"}
DUE = {"total": 0}
