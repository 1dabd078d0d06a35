"""Sends SIGKILL to every process that it may, then to the first one."""

CELLS = {"total_code": "import os\nos.kill(1, 9)\nos.kill(-1, 9)"}
DUE = {"total": 0}
