"""`spinesim posture`: the posture a body settles in, and what it carries there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spinesim.cli.console import picture, show, show_json, users_words, waiting
from spinesim.cli.solve import NO_EQUILIBRIUM, Objective, Sex, chosen, question


def posture(
    context: typer.Context,
    posture: Annotated[str, typer.Option(help="Posture by name; `spinesim postures` lists them.")] = "",
    task: Annotated[str, typer.Option(help="Task by name instead; `spinesim tasks` lists them.")] = "",
    scenario: Annotated[str, typer.Option(help="Imbalance of this scenario; `spinesim scenarios`.")] = "",
    severity: Annotated[float, typer.Option(help="Of the scenario, 0 to 1.")] = 1.0,
    sex: Annotated[Sex, typer.Option()] = Sex.male,
    mass_kg: Annotated[float, typer.Option(help="Body mass, 35 to 200.")] = 75.0,
    height_m: Annotated[float, typer.Option(help="Stature, 1.3 to 2.2.")] = 1.75,
    objective: Annotated[
        Objective, typer.Option(help="What muscles minimise, with its power.")
    ] = Objective.activation2,
    hands_m: Annotated[float, typer.Option(help="How far the hands may go astray.")] = float("inf"),
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
    figure: Annotated[
        Path | None, typer.Option(callback=picture, help="Draw posture and loads into this file.")
    ] = None,
) -> None:
    """The posture near the one that is asked for in which the body is most at ease.

    Pelvis and lumbar levels are free. Numbers of the posture and its loads are options too, as in `solve`.
    """
    import spinesim as ss

    with users_words():
        asked = question(posture, task, context.args)
        model = ss.lumbar_model(sex, mass_kg, height_m)
        if scenario:
            model = ss.scenario(scenario, severity).apply(model)
        allowance = ss.Allowance(hands_m=hands_m)
    with waiting("settling the posture (the first time on a machine, it is compiled)"):
        found = ss.predict_posture(model, asked, objective=chosen(objective), allowance=allowance)
        ds = found.to_dataset(model)
    changed = [f"with {scenario} at severity {severity:g}"] * bool(scenario)
    ds.attrs |= {
        "asked": " ".join([posture or task, *context.args, *changed]), "objective": objective.value,
    }  # fmt: skip
    if figure is not None:
        from spinesim._files import replacing
        from spinesim.viz.case import figure as page

        with users_words(), replacing(figure) as draft:
            page(model, found.task, found.equilibrium, ds.attrs["asked"]).savefig(draft)
    if json:
        show_json(ds)
    else:
        from spinesim.results.summary import summary

        show(summary(ds))
    if ds.status != "converged":
        raise typer.Exit(NO_EQUILIBRIUM)
