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


def grade(
    lab: Annotated[str, typer.Argument(help="which lab, for example lab06")],
    student: Annotated[list[str] | None, typer.Option(help="only this student; can be given several times")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="submissions graded at the same time; by default one for each core")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="grade on a Dask cluster: its scheduler's address, tcp://HOST:PORT")
    ] = None,
    no_sandbox: Annotated[
        bool, typer.Option("--no-sandbox", help="run students' code unprotected; recorded with each grade")
    ] = False,
) -> None:
    """Grade the submissions to a lab that are new or changed, into nbgrader's gradebook and autograded/."""
    from autograder import pool

    if scheduler is None:
        # Before the imports of this process, which take as long. Workers draw pictures of differences.
        pool.prepare("autograder.worker", "matplotlib.figure", "matplotlib.backends.backend_agg")
    from autograder.grade_command import run

    run(lab, student or [], jobs, scheduler, sandbox=not no_sandbox)


def collect(
    lab: Annotated[str, typer.Argument(help="which lab, for example lab06")],
    source: Annotated[
        str, typer.Argument(help="a zip file from Canvas or Moodle, a folder, or the word exchange for nbgrader's")
    ],
) -> None:
    """Put submissions where they are graded: from nbgrader's exchange, a folder, or an LMS's zip file."""
    from autograder.collect_command import run

    run(lab, source)


def register(app: typer.Typer) -> None:
    """Add the instructors' commands to the command line ``app``."""
    app.add_typer(labs_app, name="labs")
    app.command()(tour)
    app.command()(collect)
    app.command()(grade)
