"""A rehab dataset as lines to be read: the plan of a week, three changes side by side, what else moved."""

from collections.abc import Iterator

import numpy as np
from rich.table import Table
from xarray import DataArray, Dataset

#: Names of the arms that every result is held against.
NATURAL, GENERIC = "usual_care", "generic_core"
#: Share of the draws that a printed interval holds.
SHARE = 0.8


def changes(ds: Dataset) -> dict[str, DataArray]:
    """Change of usual pain [points] by draw: within the person, against natural course and generic."""
    last = ds.pain.isel(day=-1)
    own = last.sel(arm=ds.attrs["programme"])
    return {
        "within the person": own - ds.pain.isel(day=0).sel(arm=ds.attrs["programme"]),
        "against the natural course": own - last.sel(arm=NATURAL),
        "against generic exercise": own - last.sel(arm=GENERIC),
    }


def interval(values: DataArray) -> tuple[float, float, float]:
    """Low end, median and high end over the draws."""
    ends = np.quantile(values.values, [(1 - SHARE) / 2, 0.5, (1 + SHARE) / 2])
    return float(ends[0]), float(ends[1]), float(ends[2])


def changes_table(ds: Dataset) -> Table:
    """Three changes of pain side by side, each with its interval."""
    table = Table("change of usual pain [points of 100]", "median", f"{100 * SHARE:.0f} % of draws", box=None)
    for name, values in changes(ds).items():
        low, middle, high = interval(values)
        table.add_row(name, f"{middle:+z.0f}", f"{low:+z.0f} to {high:+z.0f}")
    return table


def lines(ds: Dataset) -> Iterator[str]:
    """What else moved on the central path, and what the reader must know."""
    gained = ds["central.strength"].isel(week_end=-1)
    order = np.argsort(-np.abs(gained.values - 1))[:4]
    moved = ", ".join(f"{gained.group.values[i]} {100 * (gained.values[i] - 1):+.0f} %" for i in order)
    yield f"strength: {moved}"
    load = ds.compression.sel(level="L4L5")
    lift = [float(load.sel(moment=moment, case="lift")) for moment in ("before", "after")]
    yield f"lifting 10 kg at L4-L5: {lift[0]:.0f} N before, {lift[1]:.0f} N after"
    done = float(ds.adherence_central.mean())
    yield f"sessions done: {100 * done:.0f} %; flares: {_flares(ds)}"
    yield f"holding the loads of week 0 moves the central path by {ds.held_loads_error.item():.1f} points"
    yield "evidence: exercise against none A, targeting low certainty, time constants of tissue C to D"
    yield str(ds.attrs["said"])


def _flares(ds: Dataset) -> str:
    low, middle, high = interval(ds.flares.sel(arm=ds.attrs["programme"]).isel(day=-1))
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"


def week_table(rows: list[dict[str, str]], number: int) -> Table:
    """One week as a physiotherapist reads it."""
    table = Table(*rows[0], title=f"week {number + 1}", box=None, title_justify="left")
    for row in rows:
        table.add_row(*row.values())
    return table
