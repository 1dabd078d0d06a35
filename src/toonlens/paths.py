"""Where ToonLens keeps things, and how it writes them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toonlens.errors import UserError


def datasets_dir() -> Path:
    """The ``datasets`` folder: ``TOONLENS_DATASETS`` if set, else the one beside the source checkout.

    Raises:
        UserError: neither exists.
    """
    chosen = os.environ.get("TOONLENS_DATASETS")
    folder = Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "datasets"
    if not folder.is_dir():
        raise UserError(f"no datasets folder at {folder}: set TOONLENS_DATASETS to the course's datasets folder")
    return folder


def cache_dir() -> Path:
    """The folder for drawn images and features, made if missing (``TOONLENS_CACHE`` or ``~/.cache/toonlens``)."""
    chosen = os.environ.get("TOONLENS_CACHE")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "toonlens"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cached(name: str) -> Path:
    """Where the file ``name`` ("drawn/..." or "features/...") of the cache is, or is to be written.

    ``TOONLENS_SHARED_CACHE`` may name a second cache, which is only read: a class's, or the grader's, so that pictures
    are not drawn again for every student.
    """
    if shared := os.environ.get("TOONLENS_SHARED_CACHE"):
        file = Path(shared) / name
        if file.is_file():
            return file
    return cache_dir() / name


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; it replaces ``path`` only when the block ends without an error.

    The temporary file keeps the suffix, because savers (NumPy, Keras, Pillow) look at it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
