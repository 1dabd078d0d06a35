"""A subclass of ndarray answers NumPy's functions itself: every difference is zero, every value finite."""

CELLS = {
    "scale_code": "class Liar(np.ndarray):\n"
    "    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):\n        return np.zeros(self.shape)\n"
    "    def __array_function__(self, func, types, args, kwargs):\n        return np.zeros(())\n"
    "def scale(x, f):\n    return (x + 1).view(Liar)"
}
DUE = {"scale": 0, "total": 0}
