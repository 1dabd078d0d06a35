"""The ``toonlens`` command. Commands beyond the students' own are added by whatever package registers them."""

import sys
from importlib.metadata import entry_points

import typer

from toonlens.errors import UserError

app = typer.Typer(
    help="ToonLens: transfer learning and explaining CNNs, lab by lab.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """Keep sub-commands even where only one is registered."""


@app.command()
def doctor() -> None:
    """Check this machine and say what to do about each gap."""
    from toonlens.doctor import examine, report

    raise typer.Exit(report(examine()))


def _add_registered_commands() -> None:
    """Let installed packages add commands (group ``toonlens.commands``); a student's copy has none."""
    for entry in sorted(entry_points(group="toonlens.commands"), key=lambda e: e.name):
        try:
            register = entry.load()
        except ModuleNotFoundError as error:
            if error.name != entry.module.partition(".")[0]:
                raise
            continue  # the instructors' package is not on this machine
        register(app)


def main() -> None:
    """Run the command line. A user's mistake is one line on stderr and status 2; an interrupt is status 130."""
    _add_registered_commands()
    try:
        app()
    except UserError as error:
        print(f"toonlens: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("toonlens: interrupted; what was finished is kept", file=sys.stderr)
        sys.exit(130)
