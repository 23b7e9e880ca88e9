"""`spinesim bench`: how fast this machine answers, beside the engines one would pick instead."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spinesim.cli.console import picture, show, users_words


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer cases and rounds: a few minutes.")] = False,
    json: Annotated[Path | None, typer.Option("--json", help="Write the results into this file.")] = None,
    peers: Annotated[bool, typer.Option(help="Ask other engines the same, those that are installed.")] = True,
    against: Annotated[Path | None, typer.Option(help="Show this earlier benchmark as well.")] = None,
    figure: Annotated[
        Path | None, typer.Option(callback=picture, help="Draw time, accuracy and throughput.")
    ] = None,
) -> None:
    """Time sharing, moment arms, coupled solves, gradients and a fresh process on this machine.

    `pip install "spinesim[bench]"` brings the other engines, `spinesim[peers]` OpenSim as well. They are
    asked in turns with spinesim, on the same problems; beside every time stands how good the answer was.
    """
    from rich.console import Console

    from spinesim._files import replacing, writable
    from spinesim.bench.file import dataset, load, save
    from spinesim.bench.machine import machine
    from spinesim.bench.questions import ask
    from spinesim.results.bench import tables

    with users_words():
        earlier = None if against is None else load(against)
        if json is not None:
            json.parent.mkdir(parents=True, exist_ok=True)
            writable(json)
    about, rows = machine(), []
    with Console(stderr=True).status("the first question compiles the solver") as line:
        for answered in ask(quick, peers):
            rows += answered
            line.update(f"done: {answered[0].question}")
    ds = dataset(rows, about)
    if json is not None:
        with users_words():
            save(ds, json)
    show(tables(ds))
    if earlier is not None:
        print(f"\nEarlier, from {against}:\n")
        show(tables(earlier))
    if figure is not None:
        from spinesim.viz.bench import figure as page

        with users_words(), replacing(figure) as draft:
            page(ds).savefig(draft)
