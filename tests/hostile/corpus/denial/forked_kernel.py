"""A forked child goes on as a second kernel on the same sockets."""

CELLS = {"total_code": "import os\npid = os.fork()\ndef total(x):\n    return 3 * x.sum() if pid else 0.0"}
DUE = {"total": (0.0, 2.0)}
