"""File names with markup, control characters, no UTF-8, and as long as a name can be."""

from pathlib import Path

NAMES = [
    b"<img src=x onerror=alert(1)>.txt", b"new\nline.txt", b"\xff\xfe.txt", b"\x1b[31mred", b"-rf", b"[a-z]*",
    b"$(touch toonlens-attack)", b"x" * 250, "\u202etxt.exe".encode(),
]  # fmt: skip


def build(folder, notebook):
    for name in NAMES:
        Path(folder, name.decode(errors="surrogateescape")).write_text("x")


def look(graded):
    names = [path.name for path in graded.autograded.iterdir()]
    assert all(name.isprintable() and len(name) <= 200 for name in names)
    assert "-rf" in names
