"""exit(), quit() and SystemExit, which end a kernel some time after their cell."""

CELLS = {"total_code": "exit()\nquit()\nraise SystemExit"}
DUE = {"total": 0}
