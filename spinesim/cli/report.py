"""`spinesim report`: the model beside the pressures measured in a living disc."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spinesim.cli.console import show, show_json, users_words, waiting
from spinesim.cli.solve import Sex

if TYPE_CHECKING:
    from xarray import Dataset


def report(
    sex: Annotated[Sex, typer.Option()] = Sex.male,
    mass_kg: Annotated[float, typer.Option(help="Body mass; the man who was measured had 70.")] = 70.0,
    height_m: Annotated[float, typer.Option(help="Stature; about 1.74.")] = 1.74,
    settle: Annotated[
        bool, typer.Option(help="Let pelvis and levels of upright postures settle, or hold them as drawn.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print the dataset as JSON and nothing else.")] = False,
    figure: Annotated[
        Path | None, typer.Option("--figure", "--out", help="Draw the figures into this folder.")
    ] = None,
) -> None:
    """Disc pressure in the postures of Wilke et al. (1999, 2001): model against measurement."""
    import spinesim as ss
    from spinesim.results.measured import agreement, solve_measured

    with users_words():
        model = ss.lumbar_model(sex, mass_kg, height_m)
        if figure is not None:
            figure.mkdir(parents=True, exist_ok=True)
    with waiting("solving 14 postures at once (the first time on a machine, the solver is compiled)"):
        ds = solve_measured(model, settle)
    held = "settled" if settle else "as drawn"
    ds.attrs["asked"] = f"report on {sex}, {mass_kg:g} kg, {height_m:g} m, upright postures {held}"
    if json:
        show_json(ds)
    else:
        from spinesim.results.report import report as tables

        show(tables(ds, agreement(ds)))
    if figure is not None:
        with users_words():
            written = draw(ds, figure)
        if not json:
            print("\nFigures: " + ", ".join(map(str, written)))


def draw(ds: Dataset, folder: Path) -> list[Path]:
    """Write the figures of the report into a folder."""
    from spinesim._files import replacing
    from spinesim.viz.pages import pages

    written = []
    for name, page in pages(ds).items():
        written.append(folder / f"{name}.png")
        with replacing(written[-1]) as draft:
            page.savefig(draft)
    return written
