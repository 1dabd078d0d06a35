"""Looks for the submissions of others, beside its own folder and in the processes of the machine."""

CELLS = {
    "scale_code": "import glob, os\n"
    "found = glob.glob('../**/*.ipynb', recursive=True) + glob.glob('/tmp/**/tiny*', recursive=True)\n"
    "found += [p for p in os.listdir('/proc') if p.isdigit() and int(p) > 20]\n"
    "if found: print(*found)\n"
    "def scale(x, f):\n    return x"
}
DUE = {"scale": 0, "total": 0}


def look(graded):
    assert graded.text("scale_code") == ""
