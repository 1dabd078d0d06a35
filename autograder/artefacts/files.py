"""Writing the files beside a lab's notebook."""

import json
import tomllib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograder.course import SOLUTIONS
from toonlens.paths import atomic_write
from toonlens.quiz import seal


def seal_quiz(lab: str) -> None:
    """Seal the comments of ``labNN.toml``, beside this file, into the lab's ``quiz.json``."""
    source = tomllib.loads(Path(__file__).with_name(f"{lab}.toml").read_text(encoding="utf-8"))
    sealed = {key: seal(key, entry.pop("right"), entry) for key, entry in source.items()}
    with atomic_write(SOLUTIONS / lab / "quiz.json") as path:
        path.write_text(json.dumps(sealed, indent=1) + "\n", encoding="utf-8")


def save_arrays(lab: str, name: str, **arrays: NDArray) -> None:
    """Write an archive without pickles into the lab's folder."""
    file = SOLUTIONS / lab / name
    with atomic_write(file) as path:
        np.savez_compressed(path, allow_pickle=False, **arrays)
    print(f"{name}: {file.stat().st_size / 1e3:.0f} kB")
