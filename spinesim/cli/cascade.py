"""`spinesim cascade`: what an imbalance does to posture and loads, and through which link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spinesim.cli.console import picture, show, show_json, users_words, waiting
from spinesim.cli.solve import NO_EQUILIBRIUM, Sex


def cascade(
    scenario: Annotated[str, typer.Argument(help="Scenario by name; `spinesim scenarios` lists them.")],
    severity: Annotated[float, typer.Option(help="0 (healthy) to 1.")] = 1.0,
    task: Annotated[str, typer.Option(help="Another task by name; `spinesim tasks` lists them.")] = "",
    sex: Annotated[Sex, typer.Option()] = Sex.male,
    mass_kg: Annotated[float, typer.Option(help="Body mass, 35 to 200.")] = 75.0,
    height_m: Annotated[float, typer.Option(help="Stature, 1.3 to 2.2.")] = 1.75,
    draws: Annotated[
        int, typer.Option(help="Bodies drawn from what is not known, for intervals; some seconds each.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
    figure: Annotated[
        Path | None, typer.Option(callback=picture, help="Draw the chain into this file.")
    ] = None,
) -> None:
    """The chain from an imbalance to the load of every tissue, each link measured by cutting it."""
    import spinesim as ss
    from spinesim._names import integer

    with users_words():
        model = ss.lumbar_model(sex, mass_kg, height_m)
        asked = ss.task(task) if task else None
        ss.scenario(scenario, severity)
        integer("draws", draws, 0, 10_000)
    with waiting("settling and cutting (the first time on a machine, it is compiled)"):
        chain = ss.cascade(model, scenario, asked, severity, draws=draws)
    if figure is not None:
        from spinesim._files import replacing
        from spinesim.viz.cascade import figure as page

        with users_words(), replacing(figure) as draft:
            page(chain).savefig(draft)
    if json:
        show_json(chain.to_dataset())
    else:
        from spinesim.cascade.chart import chart

        show(chart(chain))
    if chain.unsolved:
        raise typer.Exit(NO_EQUILIBRIUM)
