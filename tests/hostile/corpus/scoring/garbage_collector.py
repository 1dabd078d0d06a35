"""Looks through all objects of the process for an array of the right shape that is not the argument."""

CELLS = {
    "scale_code": "import gc\n"
    "def scale(x, f):\n"
    "    for thing in gc.get_objects():\n"
    "        if type(thing) is np.ndarray and thing.shape == x.shape and thing is not x: return thing\n"
    "    return x"
}
DUE = {"scale": 0, "total": 0}
