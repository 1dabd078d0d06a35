"""nbgrader's configuration of a course, as its own commands read it, and the lab that it describes."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import ROOT
from autograder.limits import load_limits
from autograder.rules import digests, rules_of
from autograder.worker import Lab
from toonlens.errors import UserError

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

CONFIG = "nbgrader_config.py"


def load_settings(folder: Path | None = None) -> "tuple[Config, CourseDirectory]":
    """The configuration in ``folder`` (by default the current one, else the course's) and the folders it names.

    Raises:
        UserError: the file is faulty.
    """
    from nbgrader.apps.baseapp import NbGrader

    root = folder or (Path.cwd() if (Path.cwd() / CONFIG).is_file() else ROOT)
    app = NbGrader(log_level="ERROR", raise_config_file_errors=True)
    try:
        with working_directory(root):
            app.initialize([])
    except Exception as error:  # whatever a configuration file raises
        raise UserError(f"cannot read {root / CONFIG}: {type(error).__name__}: {error}") from None
    return app.config, app.coursedir


@contextlib.contextmanager
def working_directory(folder: Path) -> Iterator[None]:
    """Work in ``folder``, then return."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def load_lab(name: str, config: "Config", coursedir: "CourseDirectory", sandbox: bool = True) -> Lab:
    """The lab ``name`` with everything that its marks depend on.

    Raises:
        UserError: there is no such lab, it is not released, or its limits are faulty.
    """
    from autograder.execute import SandboxedExecute

    step = SandboxedExecute(config=config)
    release = Path(coursedir.format_path(coursedir.release_directory, ".", name)).resolve()
    known = sorted(path.name for path in release.parent.iterdir() if path.is_dir()) if release.parent.is_dir() else []
    if name not in known:  # also what is no plain name
        raise UserError(f"no lab called {name!r}: released are {', '.join(known) or 'none'}")
    notebooks = tuple(sorted(path.stem for path in release.glob("*.ipynb")))
    if not notebooks:
        raise UserError(f"{name} has no released notebook: run `nbgrader generate_assignment {name}` first")
    limits = load_limits(name, Path(step.limits_file))
    checks = Path(step.checks_root)
    if not (checks / name).is_dir():
        raise UserError(f"no checks for {name}: there is no folder {checks / name}")
    sandbox = sandbox and step.sandbox
    source = Path(coursedir.format_path(coursedir.source_directory, ".", name))
    rules = rules_of(name, release, checks)
    parts = {
        "rules": rules,
        "limits": asdict(limits),
        "sandbox": sandbox,
        "steps": [str(step) for step in config.Autograde.get("autograde_preprocessors", [])],
        "files": digests(source, "*", without=".ipynb"),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return Lab(name, release, notebooks, checks, limits, sandbox, digest, rules)
