"""Draw many pictures over several processes, once, and keep them.

The processes are plain child interpreters that write raw bytes to a pipe: nothing is forked under TensorFlow, nothing
is imported from the caller's ``__main__``, so it is the same in a script, a notebook and on macOS.
"""

import hashlib
import importlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from rich.progress import Progress

from toonlens.paths import atomic_write, cache_dir, cached, datasets_dir

RECIPES = {"source": "toonlens.draw.source", "toons": "toonlens.data.toons"}
FEW = 64  # so few pictures are drawn faster without starting a process


def recipe(name: str) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """The function ``draw_one(index, size, **options) -> picture, mask`` of a recipe."""
    return importlib.import_module(RECIPES[name]).draw_one


def fingerprint(name: str) -> str:
    """Hash of what decides a recipe's pictures: the renderer's modules; for the toons also recipe and characters."""
    package = Path(__file__).parent
    files = [file for file in sorted(package.glob("*.py")) if file.stem not in ("batch", "worker")]
    if name == "toons":
        files += [package.parent / "data" / "toons.py", *sorted((datasets_dir() / "toons").glob("*.toml"))]
    digest = hashlib.sha256(f"numpy {np.__version__} pillow {PIL.__version__}".encode())
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _read(pipe, images: np.ndarray, masks: np.ndarray, rows: range, advance: Callable[[], None]) -> None:
    """Fill ``rows`` from a worker's pipe; stops early when the worker does."""
    n = images[0].nbytes + masks[0].nbytes
    for row in rows:
        data = pipe.read(n)
        if len(data) < n:
            return
        flat = np.frombuffer(data, dtype=np.uint8)
        images[row] = flat[: images[0].nbytes].reshape(images[0].shape)
        masks[row] = flat[images[0].nbytes :].reshape(masks[0].shape)
        advance()


def workers() -> int:
    """How many drawing processes this machine gets."""
    return max(1, min(os.cpu_count() or 1, 8))


def draw_many(name: str, options: dict[str, Any], n: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures 0 to n-1 of a recipe: images (n, size, size, 3) and masks (n, size, size), uint8. Shows its progress.

    Raises:
        RuntimeError: a drawing process died; the message ends with what it said.
    """
    images = np.empty((n, size, size, 3), dtype=np.uint8)
    masks = np.empty((n, size, size), dtype=np.uint8)
    if n <= FEW:
        draw = recipe(name)
        for k in range(n):
            images[k], masks[k] = draw(k, size, **options)
        return images, masks
    processes = workers()
    environment = dict(os.environ)
    root = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    children, threads = [], []
    with Progress(transient=True) as progress:
        task = progress.add_task(f"drawing {n} pictures ({name}, {size} px), once", total=n)
        try:
            for start in range(processes):
                lot = [str(start), str(n), str(processes), str(size), json.dumps(options)]
                command = [sys.executable, "-m", "toonlens.draw.worker", name, *lot]
                child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
                children.append(child)
                rows = range(start, n, processes)
                arguments = (child.stdout, images, masks, rows, lambda: progress.advance(task))
                threads.append(threading.Thread(target=_read, args=arguments))
                threads[-1].start()
            for thread in threads:
                thread.join()
            for child in children:
                _, said = child.communicate()
                if child.returncode:
                    last = said.decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
                    raise RuntimeError(f"a drawing process ended with status {child.returncode}; it said: {last[0]}")
        finally:
            for child in children:
                if child.poll() is None:
                    child.kill()
    return images, masks


def draw_cached(name: str, options: dict[str, Any], n: int, size: int, title: str) -> tuple[np.ndarray, np.ndarray]:
    """As ``draw_many``, read from the cache when the same recipe was drawn before."""
    file = cached(f"drawn/{title}-{fingerprint(name)[:16]}.npz")
    if file.exists():
        # a file cut short, by a full disk or a copy, is drawn again
        with suppress(ValueError, EOFError, KeyError, zipfile.BadZipFile), np.load(file) as stored:
            return stored["images"], stored["masks"]
    images, masks = draw_many(name, options, n, size)
    with atomic_write(cache_dir() / "drawn" / file.name) as temporary:
        np.savez(temporary, images=images, masks=masks)
    return images, masks
