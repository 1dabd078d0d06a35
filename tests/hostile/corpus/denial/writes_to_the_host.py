"""Writes wherever the host's files are: the system, the library, the lab, the data, the kernel's sockets."""

CELLS = {
    "scale_code": "import os, sys, toonlens\n"
    "places = ['/', '/usr', '/etc', '/run', '/home', '/var/tmp', '/dev', '/root', '/proc/sys/kernel', sys.prefix,\n"
    "          os.path.dirname(toonlens.__file__), os.environ['TOONLENS_DATASETS']]\n"
    "for place in places:\n"
    "    try: open(f'{place}/toonlens-attack', 'w').write('x')\n"
    "    except OSError: continue\n"
    "    print('wrote to', place)\n"
    "try: open('data.txt', 'w')\nexcept OSError: print('data.txt is read-only')\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert graded.text("scale_code").strip() == "data.txt is read-only"
