"""Right for the first call only, by a counter that lives on."""

CELLS = {
    "scale_code": "count = 0\n"
    "def scale(x, f):\n    global count\n    count += 1\n    return f * x if count == 1 else x",
    "total_code": "def total(x, last=[]):\n    last.append(3 * x.sum())\n    return last[0]",
}
DUE = {"scale": 0, "total": 0}
