"""`spinesim tasks`, `spinesim postures` and `spinesim scenarios`: what can be asked by name."""

from typing import Annotated

import typer

from spinesim.cli.console import show

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def tasks(json: Json = False) -> None:
    """List the tasks that can be asked by name."""
    from spinesim.scenarios.tasks import TASKS

    rows = [
        {
            "name": named.name, "posture": named.posture, "numbers": _said(named.numbers),
            "description": named.description, "source": named.source,
        }
        for named in TASKS.values()
    ]  # fmt: skip
    listed(rows, json)


def postures(json: Json = False) -> None:
    """List the postures and the numbers each takes."""
    from spinesim.scenarios.postures import POSTURES, numbers_of

    rows = [
        {
            "name": name, "description": (make.__doc__ or "").partition("\n")[0],
            "options": " ".join(f"--{key.replace('_', '-')}" for key in numbers_of(name)),
        }
        for name, make in POSTURES.items()
    ]  # fmt: skip
    listed(rows, json)


def scenarios(json: Json = False) -> None:
    """List the imbalances that can be asked by name, with their evidence (A to D) and source."""
    from spinesim.scenarios.imbalances import SCENARIOS

    rows = [
        {
            "name": named.name, "posture": named.posture, "description": named.description,
            "evidence": named.evidence, "source": named.source,
        }
        for named in SCENARIOS.values()
    ]  # fmt: skip
    listed(rows, json)


def _said(numbers: dict[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in numbers.items())


def listed(rows: list[dict[str, str]], json: bool) -> None:
    """Print rows as a table for people, or as JSON."""
    if json:
        from json import dumps

        print(dumps(rows))
        return
    from rich.table import Table

    name, *others = rows[0]
    table = Table(box=None, pad_edge=False)
    table.add_column(name, no_wrap=True)
    for other in others:
        table.add_column(other, overflow="fold")  # an option cut short could not be typed
    for row in rows:
        table.add_row(*row.values())
    show(table)
