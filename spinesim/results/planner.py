"""An optimised programme as lines to be read: its weeks, what it adds to others of the same dose."""

from collections.abc import Iterator

import numpy as np
from rich.table import Table
from xarray import Dataset

#: Arms it is held against, in the order in which they are read, and what each is.
SAID = {
    "none": "no exercise",
    "generic": "generic core exercise, same minutes",
    "random": "programmes drawn at random, same minutes",
    "matched": "nearest stimulus to the deficits, same minutes",
    "shuffled": "optimised for someone else's deficits, same minutes",
}


def plan_table(ds: Dataset) -> Table:
    """Sets of a session in the first, the middle and the last week."""
    weeks = sorted({0, ds.sizes["week"] // 2, ds.sizes["week"] - 1})
    own = ds.sets.sel(arm="optimised")
    sessions = int(ds.sessions.sel(arm="optimised").isel(week=0))
    table = Table(f"{sessions} sessions a week", *(f"week {week + 1}" for week in weeks), box=None)
    for name in ds.exercise.values:
        row = own.sel(exercise=name)
        if float(row.max()) > 0:
            table.add_row(str(name), *(f"{float(row.isel(week=week)):.0f} sets" for week in weeks))
    minutes = ds.minutes.sel(arm="optimised") / sessions
    table.add_row("minutes a session", *(f"{float(minutes.isel(week=week)):.0f}" for week in weeks))
    return table


def difference(ds: Dataset, other: str) -> tuple[float, float, float]:
    """Mean usual pain of all weeks, optimised less another arm: mean and its interval of 95 % over draws."""
    pain = ds.pain.mean("day")
    named = [arm for arm in map(str, ds.arm.values) if arm == other or arm.startswith(f"{other}_")]
    gap = (pain.sel(arm="optimised") - pain.sel(arm=named).mean("arm")).values
    half = 1.96 * float(np.std(gap, ddof=1)) / np.sqrt(len(gap))
    return float(np.mean(gap)), float(np.mean(gap)) - half, float(np.mean(gap)) + half


def others(ds: Dataset) -> list[str]:
    """The arms that this dataset has besides the optimised one, random ones as one."""
    there = {str(arm).split("_")[0] for arm in ds.arm.values}
    return [name for name in SAID if name in there]


def comparison(ds: Dataset) -> Table:
    """What the optimised programme adds to each other, with intervals."""
    table = Table("optimised against", "mean pain over all weeks", "95 % of the mean", box=None)
    for name in others(ds):
        middle, low, high = difference(ds, name)
        table.add_row(SAID[name], f"{middle:+.1f}", f"{low:+.1f} to {high:+.1f}")
    return table


def lines(ds: Dataset) -> Iterator[str]:
    """What targeting added, also when that is nothing, and what the reader must know."""
    middle, low, high = difference(ds, "shuffled")
    if high < 0:
        yield f"targeting added {-middle:.1f} points ({-high:.1f} to {-low:.1f}) over the wrong profile"
    else:
        said = f"{middle:+.1f}, {low:+.1f} to {high:+.1f}"
        yield f"targeting added nothing that shows over the wrong profile ({said})"
    yield "an important change for a person is 15 points; that targeting helps at all has low certainty"
    yield str(ds.attrs["said"])
