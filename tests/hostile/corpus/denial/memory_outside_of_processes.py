"""Memory that belongs to no process: files in memory and System V segments."""

CELLS = {
    "total_code": "import ctypes, os\n"
    "made = ctypes.CDLL(None).shmget(0, 1 << 30, 0o1600)\nprint('segment', made >= 0)\n"
    "os.write(os.memfd_create('bomb'), bytes(1 << 20))"
}
DUE = {"total": 0}


def look(graded):
    assert "segment False" in graded.text("total_code")
    assert "Operation not permitted" in graded.text("total_code")
