"""Fills the one folder that it shares with the grader, where it may write to it at all."""

CELLS = {
    "total_code": "import time\n"
    "for number in range(1000):\n"
    "    with open(f'/run/kernel/toonlens-attack-{number}', 'wb') as file: file.write(bytes(1 << 20))\n"
    "    time.sleep(0.01)"
}
DUE = {"total": 0}


def look(graded):
    text = graded.text("total_code")
    assert "Permission denied" in text or "wrote into the folder" in text
