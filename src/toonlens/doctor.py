"""What ``toonlens doctor`` looks at: each check answers *is it there* and, where not, *what to do*."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from toonlens.errors import UserError
from toonlens.paths import cache_dir, datasets_dir

PACKAGES = {
    "tensorflow": "2.21",
    "keras": "3.",
    "tf-keras": "2.21",
    "innvestigate": "2.1.2",
    "nbgrader": "0.9.6",
    "jupyterlab": "4.",
    "ipywidgets": "8.",
    "pytest": "",
    "matplotlib": "",
}
MEMORY_GIB = 4
DISK_GIB = 2


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``needed`` is False where the course runs without; ``remedy`` then says what is lost."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    needed: bool = True


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info[:2] == (3, 11), found, "use Python 3.11: remove .venv and run `make env`")


def _packages() -> Iterable[Finding]:
    for name, wanted in PACKAGES.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "missing"
        ok = found != "missing" and found.startswith(wanted)
        yield Finding(name, ok, found, f"wanted {wanted or 'any version'}: remove .venv and run `make env`")


def _cores() -> Finding:
    cores = os.cpu_count() or 1
    return Finding(
        "cores", cores >= 2, str(cores), "the labs are timed on two cores; expect to wait longer", needed=False
    )


def _memory() -> Finding:
    try:
        gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError, AttributeError):
        return Finding("memory", False, "unknown", f"make sure that {MEMORY_GIB} GiB are there", needed=False)
    return Finding("memory", gib >= MEMORY_GIB, f"{gib:.0f} GiB", f"{MEMORY_GIB} GiB are needed: close other programs")


def _cache() -> Finding:
    try:
        folder = cache_dir()
        free = shutil.disk_usage(folder).free / 2**30
    except OSError as error:
        return Finding("cache", False, str(error), "set TOONLENS_CACHE to a folder that you can write to")
    ok = os.access(folder, os.W_OK) and free >= DISK_GIB
    remedy = f"set TOONLENS_CACHE to a folder you can write to with {DISK_GIB} GiB free"
    return Finding("cache", ok, f"{folder}, {free:.0f} GiB free", remedy)


def _datasets() -> Finding:
    try:
        folder = datasets_dir()
    except UserError as error:
        return Finding("datasets", False, "missing", str(error))
    wanted = ["toons", "weights"]
    gaps = [name for name in wanted if not (folder / name).is_dir()]
    remedy = f"no {' and no '.join(gaps)} in it: check the course out again" if gaps else ""
    return Finding("datasets", not gaps, str(folder), remedy)


def _bubblewrap() -> Finding:
    """Grading needs it; everything else runs without."""
    install = "only grading needs it: apt install bubblewrap (Debian, Ubuntu) or dnf install bubblewrap (Fedora)"
    path = shutil.which("bwrap")
    if path is None:
        return Finding("bubblewrap", False, "missing", install, needed=False)
    trial = subprocess.run(
        [path, "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "true"], capture_output=True, text=True
    )
    if trial.returncode:
        why = (trial.stderr.strip().splitlines() or ["no reason given"])[-1]
        remedy = f"only grading needs it; here it cannot make namespaces ({why}): allow user namespaces"
        return Finding("bubblewrap", False, "blocked", remedy, needed=False)
    return Finding("bubblewrap", True, path)


CHECKS: tuple[Callable[[], Finding | Iterable[Finding]], ...] = (
    _python,
    _packages,
    _cores,
    _memory,
    _cache,
    _datasets,
    _bubblewrap,
)


def examine() -> list[Finding]:
    """Run all checks; none of them changes anything but making the cache folder."""
    findings: list[Finding] = []
    for check in CHECKS:
        result = check()
        findings.extend([result] if isinstance(result, Finding) else result)
    return findings


def report(findings: list[Finding]) -> int:
    """Print the findings as a table; return the exit status: 0 where all that is needed is there, else 1."""
    from rich.console import Console
    from rich.table import Table

    table = Table("check", "state", "found", "what to do", title="ToonLens doctor")
    for finding in findings:
        state = "ok" if finding.ok else ("MISSING" if finding.needed else "note")
        table.add_row(finding.name, state, finding.found, "" if finding.ok else finding.remedy)
    Console().print(table)
    gaps = [f.name for f in findings if f.needed and not f.ok]
    print(f"to mend: {', '.join(gaps)}" if gaps else "all that is needed is there")
    return 1 if gaps else 0
