"""Limits of a submission while it is graded, from ``limits.toml``."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from toonlens.errors import UserError

LIMITS = Path(__file__).with_name("limits.toml")


@dataclass(frozen=True)
class Limits:
    """See ``limits.toml`` for what each of them means."""

    cell_seconds: float
    total_seconds: float
    memory_mb: int
    processes: int
    open_files: int
    file_mb: int
    disk_mb: int
    output_kb: int
    reply_mb: int
    notebook_mb: int
    extra_files: int
    extra_mb: int
    hide: tuple[str, ...]


def load_limits(lab: str, path: Path = LIMITS) -> Limits:
    """The limits of a lab: the defaults with the lab's own changes.

    Another file than the one of the course needs to hold only what differs from it.

    Raises:
        UserError: an unknown name, a missing one, or a value that is not a positive number.
    """
    tables = _tables(path)
    values = {**_tables(LIMITS)["default"], **tables.get("default", {}), **tables.get(lab, {})}
    names = {field.name for field in fields(Limits)}
    if wrong := names.symmetric_difference(values):
        raise UserError(f"{path}: limits of {lab}: unknown or missing: {', '.join(sorted(wrong))}")
    hide = values.pop("hide")
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
            raise UserError(f"{path}: {name} of {lab} is {value!r}: give a positive number")
    if not isinstance(hide, list) or not all(isinstance(name, str) and name.isidentifier() for name in hide):
        raise UserError(f"{path}: hide of {lab} is {hide!r}: give a list of package names")
    return Limits(**values, hide=tuple(hide))


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the limits in {path}: {error}") from None
