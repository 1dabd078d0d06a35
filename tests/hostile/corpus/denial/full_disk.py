"""Fills every place that it can write to."""

CELLS = {
    "total_code": "import os, tempfile\n"
    "wrote = 0\n"
    "for place in ('/tmp', '/dev/shm', os.path.expanduser('~'), '.'):\n"
    "    try:\n"
    "        for number in range(100):\n"
    "            with open(f'{place}/toonlens-attack-{number}', 'wb') as file: wrote += file.write(bytes(1 << 20))\n"
    "    except OSError as error:\n        print(error)\n"
    "print('megabytes', wrote >> 20)\n"
    "def total(x):\n    return 3 * x.sum()"
}


def look(graded):
    assert "No space left on device" in graded.text("total_code")
    assert int(graded.text("total_code").split("megabytes")[1]) <= 3 * 64
