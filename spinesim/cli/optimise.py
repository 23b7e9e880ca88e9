"""`spinesim optimise`: a programme for one profile, beside others of the same dose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spinesim.cli.console import picture, show, show_json, users_words, waiting


def optimise(
    profile: Annotated[Path, typer.Argument(help="A profile; `spinesim init --kind profile` writes one.")],
    weeks: Annotated[int, typer.Option(help="1 to 104.")] = 12,
    draws: Annotated[int, typer.Option(help="Draws of what is uncertain, 4 to 200.")] = 16,
    steps: Annotated[int, typer.Option(help="Steps of the optimiser, 1 to 500.")] = 25,
    replan: Annotated[
        bool, typer.Option("--replan", help="Also plan anew every week from what a diary and tests tell.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
    figure: Annotated[
        Path | None, typer.Option(callback=picture, help="Draw the comparison into this file.")
    ] = None,
) -> None:
    """Choose exercises, sets and sessions for a person, and say how much targeting added."""
    from spinesim.exercise.planner import optimise_programme
    from spinesim.io.profile import read

    with users_words():
        who = read(profile)
    with waiting("optimising (the first time on a machine, it is compiled)"), users_words():
        ds = optimise_programme(who, weeks=weeks, draws=draws, steps=steps, replan=replan, seed=seed)
    if figure is not None:
        from spinesim._files import replacing
        from spinesim.viz.planner import figure as page

        with users_words(), replacing(figure) as draft:
            page(ds).savefig(draft)
    if json:
        show_json(ds)
        return
    from spinesim.results.planner import comparison, lines, plan_table

    show(plan_table(ds))
    show(comparison(ds))
    for line in lines(ds):
        print(line)
