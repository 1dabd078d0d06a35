"""Makes namespaces of its own, mounts, and traces other processes."""

CELLS = {
    "scale_code": "import ctypes\n"
    "c = ctypes.CDLL(None)\n"
    "print(c.unshare(0x10000000), c.mount(b'none', b'/tmp', b'tmpfs', 0, None), c.ptrace(16, 1, 0, 0), c.setns(3, 0))\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert graded.text("scale_code").strip() == "-1 -1 -1 -1"
