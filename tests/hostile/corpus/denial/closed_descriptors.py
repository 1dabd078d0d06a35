"""Closes all of its files and sockets, so that the kernel hears and says nothing any more."""

CELLS = {"total_code": "import os\nos.closerange(3, 256)"}
DUE = {"total": 0}
