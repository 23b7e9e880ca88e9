"""`spinesim exercises`: every exercise through the engine, beside what was published of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spinesim.cli.console import show_json, users_words, waiting
from spinesim.cli.solve import NO_EQUILIBRIUM, Sex

if TYPE_CHECKING:
    from xarray import Dataset


def exercises(
    own: Annotated[Path | None, typer.Option(help="A TOML file with exercises of your own.")] = None,
    sex: Annotated[Sex, typer.Option()] = Sex.male,
    mass_kg: Annotated[float, typer.Option(help="Body mass, 35 to 200.")] = 75.0,
    height_m: Annotated[float, typer.Option(help="Stature, 1.3 to 2.2.")] = 1.75,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
) -> None:
    """List the exercises: computed and published activation [%] and L4-L5 compression [N]."""
    import spinesim as ss
    from spinesim.exercise import library

    with users_words():
        model = ss.lumbar_model(sex, mass_kg, height_m)
        more = library.own(own) if own is not None else None
    with waiting("solving all exercises (the first time on a machine, it is compiled)"):
        ds = ss.exercises(model, more)
    if json:
        show_json(ds)
    else:
        _table(ds)
    if bool((ds.status != "converged").any()):
        raise typer.Exit(NO_EQUILIBRIUM)


def _table(ds: Dataset) -> None:
    from spinesim.exercise.compare import disagreements

    print(f"{'exercise':18}" + "".join(f"{name:>9}" for name in ds.channel.values) + "   L4-L5 [N]")
    for name in ds.exercise.values:
        one = ds.sel(exercise=name)
        pairs = zip(one.activation.values, one.published_activation.values, strict=True)
        cells = "".join(f"{_percent(mine) + '/' + _percent(said):>9}" for mine, said in pairs)
        said = "-" if one.published_compression.isnull() else f"{one.published_compression.item():.0f}"
        mine = "-" if one.compression.isnull() else f"{one.compression.item():.0f}"
        print(f"{name:18}{cells}{mine + '/' + said:>12}")
    print("computed/published in percent of the greatest voluntary contraction, harder working side")
    ranks = zip(ds.channel.values, ds.rank_correlation.values, strict=True)
    said = ", ".join(f"{name} {rank:.2f}" for name, rank in ranks if rank == rank)
    print(f"rank correlation with measured values: {said}")
    print(
        f"compression: {ds.compression_rank_correlation.item():.2f} with published values, "
        f"{ds.compression_rank_correlation_all.item():.2f} with estimates included"
    )
    apart = disagreements(ds)
    print(f"more than a factor of two from a measured value ({len(apart)}):")
    for name, quantity, mine, other in apart:
        unit, factor, digits = (" N", 1, 0) if quantity == "compression" else (" %", 100, 0)
        print(f"  {name} {quantity}: {factor * mine:.{digits}f} for {factor * other:.{digits}f}{unit}")


def _percent(value: float) -> str:
    return "-" if value != value else f"{100 * value:.0f}"
