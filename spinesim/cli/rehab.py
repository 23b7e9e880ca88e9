"""`spinesim rehab` and `spinesim programmes`: weeks of a programme for one person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spinesim.cli.catalogue import Json
from spinesim.cli.console import picture, show, show_json, users_words, waiting

if TYPE_CHECKING:
    from xarray import Dataset

    from spinesim.exercise.profile import Profile

Weeks = Annotated[int, typer.Option(help="1 to 104.")]


def rehab(
    profile: Annotated[Path, typer.Argument(help="A profile; `spinesim init --kind profile` writes one.")],
    programme: Annotated[
        str, typer.Option(help="By name; `spinesim programmes` lists them.")
    ] = "mcgill_three",
    weeks: Weeks = 12,
    draws: Annotated[int, typer.Option(help="Draws of what is uncertain, for the bands.")] = 100,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
    figure: Annotated[
        Path | None, typer.Option(callback=picture, help="Draw trajectories and loads into this file.")
    ] = None,
    bodies: Annotated[
        Path | None,
        typer.Option(callback=picture, help="Draw the body lifting 10 kg, before and after, into this file."),
    ] = None,
) -> None:
    """What weeks of a programme do to a person, beside the natural course and generic exercise."""
    from spinesim.exercise import rehab as room
    from spinesim.exercise.programme import programme as by_name
    from spinesim.io.profile import read

    with users_words():
        who, plan = read(profile), by_name(programme)
        plan.plan(weeks)
    with waiting("solving week by week (the first time on a machine, it is compiled)"), users_words():
        ds = room.rehab(who, plan, weeks, draws=draws, seed=seed)
    _draw(figure, bodies, who, ds)
    if json:
        show_json(ds)
    else:
        _tables(ds, programme, weeks)


def _draw(figure: Path | None, bodies: Path | None, who: Profile, ds: Dataset) -> None:
    """The pages that were asked for."""
    from spinesim._files import replacing
    from spinesim.scenarios.tasks import task
    from spinesim.viz import rehab as page

    lift = task("stoop_lift", trunk_flexion_deg=60, hand_load_kg=10)
    pages = (figure, lambda: page.figure(ds)), (bodies, lambda: page.bodies(who, ds, lift, "Lifting 10 kg"))
    for path, draw in pages:
        if path is not None:
            with users_words(), replacing(path) as draft:
                draw().savefig(draft)


def _tables(ds: Dataset, name: str, weeks: int) -> None:
    from spinesim.exercise.programme import programme, session_table
    from spinesim.results.rehab import changes_table, lines, week_table
    from spinesim.results.screen import of_rehab, screen_table

    made = programme(name)
    plan = made.plan(weeks)
    for week in sorted({0, weeks - 1}):
        if made.exercises:
            show(week_table(session_table(made, plan, week), week))
    show(changes_table(ds))
    show(screen_table(of_rehab(ds)))
    for line in lines(ds):
        print(line)


def programmes(json: Json = False) -> None:
    """List the programmes by name, with their minutes and their cover of the stability matrix."""
    from spinesim.cli.catalogue import listed
    from spinesim.exercise.programme import coverage, minutes
    from spinesim.exercise.programme import programmes as known

    rows = []
    for made in known().values():
        plan = made.plan(12)
        cells = coverage(made, plan)
        length = float(minutes(plan, made.exercises)[-1]) if made.exercises else 0.0
        rows.append({
            "name": made.name, "a week": f"{made.sessions:g}", "minutes": f"{length:.0f}",
            "cells": f"{int((cells > 0).sum())}/{cells.size}", "description": made.description,
            "exercises": " ".join(one.exercise for one in made.exercises),
        })  # fmt: skip
    listed(rows, json)
