"""Collected from an archive whose paths lead outside: to the checks, the host's files, and the work of others."""

import stat
import zipfile

OUTSIDE = (
    "../../../secret.txt", "../checks/tiny/test_tiny.py", "/tmp/toonlens-attack", "C:\\toonlens-attack",
    "..\\..\\toonlens-attack", "NAME/../../zz-honest/tiny/tiny.ipynb", "NAME/../aa-honest/tiny.ipynb",
)  # fmt: skip


def pack(archive, name, notebook):
    archive.writestr(f"{name}/tiny.ipynb", notebook)
    for path in OUTSIDE:
        archive.writestr(path.replace("NAME", name), "{}")
    link = zipfile.ZipInfo(f"{name}/notes.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(link, "../../../secret.txt")


def look(graded):
    assert sorted(path.name for path in graded.submitted.iterdir()) == ["timestamp.txt", "tiny.ipynb"]
    assert "host-canary" in (graded.submitted.parents[2] / "secret.txt").read_text()
