"""`spinesim`: the commands together, and what happens when one fails."""

import sys
from typing import Annotated

import typer

from spinesim._version import __version__
from spinesim.cli.bench import bench
from spinesim.cli.cascade import cascade
from spinesim.cli.catalogue import postures, scenarios, tasks
from spinesim.cli.console import Mistake
from spinesim.cli.exercises import exercises
from spinesim.cli.init import init
from spinesim.cli.movement import movement
from spinesim.cli.optimise import optimise
from spinesim.cli.posture import posture
from spinesim.cli.rehab import programmes, rehab
from spinesim.cli.report import report
from spinesim.cli.solve import solve
from spinesim.cli.sweep import sweep
from spinesim.cli.validate import validate

app = typer.Typer(
    name="spinesim",
    help="Disc, facet, ligament and muscle loads of the lumbar spine in any static posture.",
    epilog="Exit codes: 0 solved, 2 a mistake in what was asked, 3 solved without an equilibrium.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(solve)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(posture)
app.command()(tasks)
app.command()(postures)
app.command()(scenarios)
app.command()(report)
app.command()(validate)
app.command()(sweep)
app.command()(movement)
app.command()(cascade)
app.command()(exercises)
app.command()(rehab)
app.command()(optimise)
app.command()(programmes)
app.command()(init)
app.command()(bench)


def _version(asked: bool) -> bool:
    if asked:
        typer.echo(__version__)
        raise typer.Exit
    return asked


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Options that need no command."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; a user's mistake ends in one line and exit code 2."""
    try:
        app(arguments)
    except Mistake as mistake:
        print(f"spinesim: {mistake}", file=sys.stderr)
        sys.exit(2)
