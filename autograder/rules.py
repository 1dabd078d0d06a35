"""What marks depend on beside the submission, as digests: the same on the machine that asks and on one that grades."""

import functools
import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autograder.course import ROOT

# A mark may depend on these; a new version means that everybody is graded again.
PACKAGES = ("numpy", "scipy", "tensorflow", "keras", "matplotlib", "ipykernel", "nbgrader", "pytest")


def rules_of(lab: str, release: Path, checks_root: Path) -> str:
    """SHA-256 of what the process that grades goes by: packages, grader, library, the released lab, its checks."""
    return _digest([_code_now(), _lab_now(lab, release, checks_root)])


@functools.lru_cache(maxsize=16)
def rules_here(lab: str, release: Path, checks_root: Path) -> str:
    """``rules_of`` when this process began with the lab: what it has imported does not change with the files."""
    return _digest([_code_here(), _lab_now(lab, release, checks_root)])


def digests(folder: Path, pattern: str, without: str = ".pyc") -> dict[str, str]:
    """SHA-256 of the files below ``folder``. The checks of other labs do not count as part of the grader."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob(pattern))
        if path.is_file()
        and path.suffix not in (without, ".pyc")
        and not {"checks", "__pycache__", ".ipynb_checkpoints"}.intersection(path.relative_to(folder).parts[:-1])
    }


def _code_now() -> str:
    return _digest(
        [
            {package: _version(package) for package in PACKAGES} | {"python": platform.python_version()},
            digests(ROOT / "autograder", "*.py"),
            digests(ROOT / "src" / "toonlens", "*.py"),
        ]
    )


@functools.lru_cache(maxsize=1)
def _code_here() -> str:
    return _code_now()


def _lab_now(lab: str, release: Path, checks_root: Path) -> str:
    return _digest([digests(release, "*"), digests(checks_root / lab, "*")])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # on a worker that has less than it should
        return "none"


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
