"""`spinesim validate`: every comparison with measurement, as a scoreboard, JSON or a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from spinesim.cli.console import show, show_json, users_words

#: Virtual patients of the acceptance of the weeks of training.
PEOPLE = 500


def validate(
    quick: Annotated[
        bool, typer.Option("--quick", help="Under a minute: postures as drawn, few draws, no slow searches.")
    ] = False,
    targets: Annotated[
        Path | None, typer.Option(help="Another table of targets, in the columns of the package's own.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML page with all figures into this folder.")
    ] = None,
) -> None:
    """The model against measured spines: pressures, segments, facets, muscles, strength, stability."""
    from spinesim.results.validation import validate as run
    from spinesim.validation.targets import TABLE, read

    path = TABLE if targets is None else targets
    with users_words():
        read(path)
        if report is not None:
            report.mkdir(parents=True, exist_ok=True)
    with progress() as tell, users_words():
        found = run(path, quick=quick, tell=tell)
    if json:
        show_json(found.to_dataset())
    else:
        from spinesim.results.scoreboard_text import scoreboard

        show(scoreboard(found))
        if not quick and targets is None:
            from spinesim.results.acceptance import acceptance_table, full

            show(acceptance_table(full(PEOPLE), PEOPLE))
    if report is not None:
        from spinesim.viz.validation_page import write

        with users_words():
            page = write(found, report)
        if not json:
            print(f"\nReport: {page}")


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr that says what is being done; in a file, a line for every new thing."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        line = bar.add_task("", total=1.0)
        said = [""]

        def tell(what: str, share: float) -> None:
            bar.update(line, description=what, completed=share)
            if not console.is_terminal and what != said[0]:
                console.print(what)
            said[0] = what

        yield tell
