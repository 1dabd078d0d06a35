"""pytest, unittest and NumPy's testing module are replaced by modules that never fail."""

CELLS = {
    "scale_code": "import sys, types\n"
    "class Never(types.ModuleType):\n    __getattr__ = lambda self, name: lambda *a, **k: None\n"
    "for name in ('pytest', '_pytest', 'unittest', 'numpy.testing', 'autograder', 'autograder.checking'):\n"
    "    sys.modules[name] = Never(name)\n"
    "def scale(x, f):\n    return x"
}
DUE = {"scale": 0, "total": 0}
