"""``toonlens collect``: find the source, collect, say what became of it."""

from pathlib import Path

from rich.console import Console

from autograder.collect import Collected, collect
from autograder.intake import shown
from autograder.settings import load_lab, load_settings
from toonlens.errors import UserError

LINES = 50  # of things that were not taken


def run(name: str, source: str) -> None:
    """Collect the submissions to the lab ``name`` from ``source`` and print what became of them.

    Raises:
        UserError: there is no such lab or source, or nothing in it is a submission.
    """
    from nbgrader.exchange.default.exchange import Exchange

    config, coursedir = load_settings()
    lab = load_lab(name, config, coursedir)
    place = Path(Exchange(config=config).root if source == "exchange" else source)
    inbound = place / coursedir.course_id / "inbound"
    submitted = Path(coursedir.format_path(coursedir.submitted_directory, "STUDENT", name)).parents[1]
    others = [path.name for path in lab.release.parent.iterdir() if path.is_dir() and path.name != name]
    result = collect(inbound if inbound.is_dir() else place, name, lab.notebooks, submitted, lab.limits, others)
    report(result)
    if not (result.new or result.updated or result.unchanged):
        raise UserError(f"no submission to {name} in {source}")


def report(result: Collected) -> None:
    """Print the summary: how many submissions came in, and one line for each thing that was not taken."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"new {len(result.new)}, updated {len(result.updated)}, unchanged {len(result.unchanged)}, "
        f"not taken {len(result.refused)}"
    )
    for kind, lines in (("note", result.notes), ("not taken", result.refused)):
        for line in lines[:LINES]:
            console.print(f"{kind}: {shown(line.name)}: {line.reason}")
        if len(lines) > LINES:
            console.print(f"{kind}: and {len(lines) - LINES:,} more")
