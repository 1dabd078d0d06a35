"""The instructors' commands, added to ``toonlens`` through the entry-point group ``toonlens.commands``."""

from pathlib import Path
from typing import Annotated

import typer

labs_app = typer.Typer(help="Build the notebooks from the percent sources.", no_args_is_help=True)


@labs_app.command("build")
def build(
    labs: Annotated[
        list[str] | None, typer.Argument(help="which labs, for example lab06; all when none is named")
    ] = None,
) -> None:
    """Build and execute solutions/labNN/labNN.ipynb, then generate course/labNN/labNN.ipynb from it."""
    from autograder.labs import build_course, build_solution, lab_names

    for lab in labs or lab_names():
        print(f"{lab}: executing the solution ...", flush=True)
        seconds = build_solution(lab)
        build_course(lab)
        print(f"{lab}: built; the solution ran for {seconds:.0f} s")


def tour(
    out: Annotated[Path, typer.Option(help="folder for the table, the figure and the graded notebooks")] = Path(
        "out/tour"
    ),
) -> None:
    """The whole course in a few minutes: data, three networks, their maps, three graded submissions."""
    from autograder.tour import run

    run(out)


def register(app: typer.Typer) -> None:
    """Add the instructors' commands to the command line ``app``."""
    app.add_typer(labs_app, name="labs")
    app.command()(tour)
