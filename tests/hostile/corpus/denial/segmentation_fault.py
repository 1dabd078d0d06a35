"""Reads address 0 in C."""

CELLS = {"total_code": "import ctypes\nctypes.string_at(0)"}
DUE = {"total": 0}
