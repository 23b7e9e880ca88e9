"""`spinesim movement`: the curves of a movement, so slow that every frame is at rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from spinesim.cli.console import picture, show, show_json, users_words, waiting
from spinesim.cli.solve import NO_EQUILIBRIUM, Sex


def movement(
    name: Annotated[
        str,
        typer.Argument(
            help="flexion, sit_to_stand, stoop_lift, squat_lift, single_leg_stance, side_bend, "
            "prone_hip_extension or bird_dog."
        ),
    ],
    frames: Annotated[int, typer.Option(help="Postures along the movement, 2 to 1000.")] = 31,
    side: Annotated[str, typer.Option(help="Side that works in a one-sided movement: r or l.")] = "r",
    stability: Annotated[bool, typer.Option(help="Measure the stability of every frame.")] = False,
    hand_load_kg: Annotated[
        float | None, typer.Option(help="In both hands, instead of the movement's own.")
    ] = None,
    sex: Annotated[Sex, typer.Option()] = Sex.male,
    mass_kg: Annotated[float, typer.Option(help="Body mass, 35 to 200.")] = 75.0,
    height_m: Annotated[float, typer.Option(help="Stature, 1.3 to 2.2.")] = 1.75,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
    figure: Annotated[
        Path | None, typer.Option(callback=picture, help="Draw the movement into this file.")
    ] = None,
) -> None:
    """Loads, muscles and stability along a movement: flexion, rising, lifting, one-sided exercises."""
    import spinesim as ss
    from spinesim.sweeps.movement import movement as moved

    loads: dict[str, Any] = {} if hand_load_kg is None else {"hand_load_kg": hand_load_kg}
    with users_words():
        model = ss.lumbar_model(sex, mass_kg, height_m)
        with waiting("solving (the first time on a machine, it is compiled)"):
            ds = moved(model, name, frames=frames, side=side, stability=stability, **loads)
    if figure is not None:
        from spinesim._files import replacing
        from spinesim.viz.movement import figure as page

        with users_words(), replacing(figure) as draft:
            page(model, ds, **loads).savefig(draft)
    if json:
        show_json(ds)
    else:
        from spinesim.results.movement import summary

        show(summary(ds))
    if (ds.status != "converged").any():
        raise typer.Exit(NO_EQUILIBRIUM)
