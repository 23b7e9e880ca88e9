"""What a simulated cohort must show, as a table to be read and as a dataset."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from spinesim.exercise.acceptance import Row

if TYPE_CHECKING:
    from xarray import Dataset


def full(people: int = 500, seed: int = 0) -> tuple[Row, ...]:
    """The nine facts on a full cohort around the usual man; minutes of computing."""
    from spinesim.exercise.acceptance import acceptance
    from spinesim.models.build import lumbar_model

    return acceptance(lumbar_model(), count=people, seed=seed)


def acceptance_table(rows: Sequence[Row], people: int) -> Table:
    """A line for every fact: what came out, where it must lie, whether it does, and where that is from."""
    held = sum(row.holds for row in rows)
    table = Table(
        "weeks of training", "model", "accepted", "", "source", box=None, title_justify="left",
        title=f"{people} virtual patients: {held} of {len(rows)} published facts hold",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.name,
            f"{row.value:.3g}",
            f"{row.low:.3g} to {row.high:.3g}",
            "" if row.holds else "MISSED",
            row.source,
        )
    return table


def to_dataset(rows: Sequence[Row], people: int) -> "Dataset":
    """The same with names along `fact`."""
    import xarray as xr

    numbers = {
        name: ("fact", [getattr(row, name) for row in rows]) for name in ("value", "low", "high", "holds")
    }
    words = {"source": ("fact", [row.source for row in rows])}
    return xr.Dataset(numbers | words, {"fact": [row.name for row in rows]}, {"people": people})
