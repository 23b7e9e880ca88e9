"""`spinesim solve`: the loads of one posture or task."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spinesim.cli.console import numbers, picture, show, show_json, users_words, waiting

if TYPE_CHECKING:
    from spinesim.models.state import Task
    from spinesim.solvers.recruitment import AbstractObjective

#: Exit code of a solve that ended without an equilibrium.
NO_EQUILIBRIUM = 3


class Sex(StrEnum):
    male = "male"
    female = "female"


class Objective(StrEnum):
    """What the muscles minimise."""

    activation2 = "activation2"
    activation3 = "activation3"
    stress3 = "stress3"
    volume2 = "volume2"
    minmax = "minmax"


def solve(
    context: typer.Context,
    posture: Annotated[str, typer.Option(help="Posture by name; `spinesim postures` lists them.")] = "",
    task: Annotated[str, typer.Option(help="Task by name instead; `spinesim tasks` lists them.")] = "",
    sex: Annotated[Sex, typer.Option()] = Sex.male,
    mass_kg: Annotated[float, typer.Option(help="Body mass, 35 to 200.")] = 75.0,
    height_m: Annotated[float, typer.Option(help="Stature, 1.3 to 2.2.")] = 1.75,
    objective: Annotated[
        Objective, typer.Option(help="What muscles minimise, with its power.")
    ] = Objective.activation2,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
    figure: Annotated[
        Path | None, typer.Option(callback=picture, help="Draw the loads into this file.")
    ] = None,
) -> None:
    """Disc, facet and muscle loads of one posture.

    The numbers of the posture and its loads are options too: --trunk-flexion-deg 30 --hand-load-kg 20
    --hands close. A (right, left) pair is written 20,0. `spinesim postures` lists them.
    """
    import spinesim as ss

    with users_words():
        asked = question(posture, task, context.args)
        model = ss.lumbar_model(sex, mass_kg, height_m)
    with waiting("solving (the first time on a machine, it is compiled)"):
        solution = ss.solve(model, asked, objective=chosen(objective))
        ds = solution.to_dataset(model)
    ds.attrs |= {"asked": " ".join([posture or task, *context.args]), "objective": objective.value}
    if figure is not None:
        from spinesim._files import replacing
        from spinesim.viz.case import figure as page

        with users_words(), replacing(figure) as draft:
            page(model, asked, solution, ds.attrs["asked"]).savefig(draft)
    if json:
        show_json(ds)
    else:
        from spinesim.results.summary import summary

        show(summary(ds))
    if ds.status != "converged":
        raise typer.Exit(NO_EQUILIBRIUM)


def question(posture: str, task: str, arguments: list[str]) -> Task:
    """The task that the words of the command line mean."""
    import spinesim as ss
    from spinesim.scenarios.postures import numbers_of
    from spinesim.scenarios.tasks import MASSES, named_task

    if bool(posture) == bool(task):
        raise ValueError("give one of --posture and --task, for example --posture standing")
    known = (*numbers_of(posture or named_task(task).posture), *MASSES)
    given = numbers(arguments, known)
    if task:
        return ss.task(task, **given)
    loads: dict[str, Any] = {key: given.pop(key) for key in MASSES if key in given}
    return ss.Task(ss.posture(posture, **given), **loads)


def chosen(objective: Objective) -> AbstractObjective:
    """The objective a word means."""
    import spinesim as ss

    return {
        Objective.activation2: lambda: ss.Effort(2),
        Objective.activation3: lambda: ss.Effort(3),
        Objective.stress3: lambda: ss.Effort(3, "stress"),
        Objective.volume2: lambda: ss.Effort(2, "volume"),
        Objective.minmax: ss.MinMax,
    }[objective]()
