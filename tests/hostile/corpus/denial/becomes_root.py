"""Becomes root by every way that there is without a password."""

CELLS = {
    "scale_code": "import os, subprocess\n"
    "for action in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0])):\n"
    "    try: action(); print('done')\n"
    "    except OSError: pass\n"
    "for command in (['su', '-c', 'true'], ['sudo', '-n', 'true'], ['mount', '-a']):\n"
    "    try: print(*[c for c in command[:1] if subprocess.run(command, capture_output=True).returncode == 0])\n"
    "    except OSError: pass\n"
    "def scale(x, f):\n    return f * x"
}


def look(graded):
    assert graded.text("scale_code").split() in ([], ["mount"])
