"""Collected from an archive, with files of hundreds of megabytes in it that take no space while they are packed."""

import io
import zipfile


def pack(archive, name, notebook):
    archive.writestr(f"{name}/tiny.ipynb", notebook)
    with archive.open(f"{name}/large.bin", "w", force_zip64=True) as file:
        for _ in range(200):
            file.write(bytes(1 << 20))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(5):
            bomb.writestr(f"{number}.bin", bytes(20 << 20))
    archive.writestr(f"{name}/more.zip", inner.getvalue())


def look(graded):
    assert sum(path.stat().st_size for path in graded.submitted.rglob("*") if path.is_file()) < 8 << 20
    assert not (graded.autograded / "large.bin").exists()
