"""The page docs/grading-at-scale.md, made from the numbers of docs/grading-at-scale.json and from nothing else."""

from pathlib import Path
from typing import Any


def write(data: dict[str, Any], path: Path) -> None:
    path.write_text("")
