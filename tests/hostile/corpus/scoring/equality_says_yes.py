"""What comes back compares equal to everything, is less than everything, and differs from nothing."""

CELLS = {
    "scale_code": "class Yes(np.ndarray):\n"
    "    __eq__ = __le__ = __lt__ = lambda *a: True\n"
    "    __sub__ = __rsub__ = lambda self, other: np.zeros(self.shape)\n"
    "def scale(x, f):\n    return (x + 1).view(Yes)",
    "total_code": "class Any(float):\n    __eq__ = lambda *a: True\ndef total(x):\n    return Any(1.0)",
    "offset_code": "class Word(str):\n    __eq__ = lambda *a: True\n    __hash__ = None\n"
    "    __class__ = property(lambda self: float)\noffset = Word()",
}
DUE = {"scale": 0, "total": 0, "offset": 0}
QUICK = True
