"""Folders nested deeper than Python recurses, one that nobody may read, in the folder that it shares with the grader.

A grader that fails to remove them would fail at every later kernel, too.
"""

CELLS = {
    "total_code": "import os, time\n"
    "try:\n"
    "    os.chdir('/run/kernel')\n"
    "    for _ in range(1500):\n        os.mkdir('toonlens-attack')\n        os.chdir('toonlens-attack')\n"
    "    os.mkdir('inner')\n    os.chmod('.', 0)\n    os.chmod('/run/kernel/toonlens-attack', 0)\n"
    "except PermissionError as error:\n    print(error)\n    raise\n"
    "time.sleep(2)"
}
DUE = {"total": 0}


def look(graded):
    text = graded.text("total_code")
    assert "Permission denied" in text or "wrote into the folder" in text
