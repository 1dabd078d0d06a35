"""Where the course's folders are, and the one thing that nbgrader needs from its surroundings."""

import os
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOLUTIONS = ROOT / "solutions"
COURSE = ROOT / "course"


def put_scripts_on_path() -> None:
    """Let nbgrader find ``alembic``, which it calls by name, also where the environment is not activated."""
    scripts = sysconfig.get_path("scripts")
    folders = os.environ.get("PATH", "").split(os.pathsep)
    if scripts not in folders:
        os.environ["PATH"] = os.pathsep.join([scripts, *folders])
