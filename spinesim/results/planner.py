"""An optimised programme as lines to be read: its weeks, what it adds to others of the same dose."""

from collections.abc import Iterator

import numpy as np
from rich.table import Table
from xarray import Dataset

#: Arms it is held against, in the order in which they are read, and what each is.
SAID = {
    "none": "no exercise",
    "generic_core": "generic core",
    "generic_strength": "generic strength",
    "mcgill_three": "McGill's three",
    "stabilisation": "stabilisation",
    "stretching": "stretching alone",
    "walking": "walking",
    "matrix": "stability matrix",
    "random": "drawn at random",
    "shuffled": "optimised for someone else",
    "greedy": "deficits one after the other",
    "matched": "nearest stimulus to the deficits",
    "oracle": "nearest stimulus to the true deficits",
}


def plan_table(ds: Dataset) -> Table:
    """The sheet: what to do in the first, the middle and the last week, how often and how long."""
    weeks = sorted({0, ds.sizes["week"] // 2, ds.sizes["week"] - 1})
    own = ds.sel(arm="optimised")
    sessions = int(own.sessions.isel(week=0))
    heads = [f"{sessions} sessions a week", "each set", "load", *(f"week {week + 1}" for week in weeks)]
    table = Table(*heads, box=None)
    for name in used(ds):
        row = own.sel(exercise=name)
        sets = [f"{float(row['sets'].isel(week=week)):.0f} sets" for week in weeks]
        load = float(row["load"].isel(week=-1))
        said = "-" if load == 1 else f"x{load:.2g}"
        table.add_row(str(row.title.item()), str(row.prescribed.item()), said, *sets)
    minutes = own.minutes / sessions
    table.add_row("minutes a session", "", "", *(f"{float(minutes.isel(week=week)):.0f}" for week in weeks))
    return table


def used(ds: Dataset) -> list[str]:
    """Exercises of the optimised plan."""
    most = ds["sets"].sel(arm="optimised").max("week")
    return [str(name) for name in ds.exercise.values if float(most.sel(exercise=name)) > 0]


def difference(ds: Dataset, other: str) -> tuple[float, float, float]:
    """Mean usual pain of all weeks, optimised less another arm: mean and its interval of 95 % over draws."""
    pain = ds.pain.mean("day")
    named = [arm for arm in map(str, ds.arm.values) if arm == other or arm.startswith(f"{other}_")]
    gap = (pain.sel(arm="optimised") - pain.sel(arm=named).mean("arm")).values
    half = 1.96 * float(np.std(gap, ddof=1)) / np.sqrt(len(gap))
    return float(np.mean(gap)), float(np.mean(gap)) - half, float(np.mean(gap)) + half


def others(ds: Dataset) -> list[str]:
    """The arms that this dataset has besides the optimised one, random ones as one."""
    there = {"random" if str(arm).startswith("random_") else str(arm) for arm in ds.arm.values}
    return [name for name in SAID if name in there]


def comparison(ds: Dataset) -> Table:
    """What the optimised programme adds to each other, with intervals."""
    heads = ("optimised against (same minutes)", "mean pain", "95 % of the mean", "over tolerance")
    table = Table(*heads, box=None)
    for name in others(ds):
        middle, low, high = difference(ds, name)
        there = [arm for arm in map(str, ds.arm.values) if arm == name or arm.startswith(f"{name}_")]
        over = 100 * float(ds.chance_over.sel(arm=there).mean())
        table.add_row(SAID[name], f"{middle:+.1f}", f"{low:+.1f} to {high:+.1f}", f"{over:.0f} %")
    return table


def replanning_gain(ds: Dataset) -> tuple[float, float, float]:
    """Mean usual pain, planned anew less held: mean and its interval of 95 % over the people drawn."""
    pain = ds.replan_pain.mean("replan_day")
    gap = (pain.sel(mode="replanned") - pain.sel(mode="held")).values
    half = 1.96 * float(np.std(gap, ddof=1)) / np.sqrt(len(gap))
    return float(np.mean(gap)), float(np.mean(gap)) - half, float(np.mean(gap)) + half


def own_measure(ds: Dataset) -> str:
    """What the optimiser lowers, beside the nearest stimulus and plans drawn at random, on fresh draws."""
    cost = {str(arm): float(value) for arm, value in zip(ds.arm.values, ds.cost.values, strict=True)}
    said = f"on what it lowers: {cost['optimised']:.1f}, nearest stimulus {cost['matched']:.1f}"
    drawn = [value for arm, value in cost.items() if arm.startswith("random_")]
    if not drawn:
        return said
    return f"{said}, {len(drawn)} drawn at random {min(drawn):.1f} to {max(drawn):.1f} (lower is better)"


def lines(ds: Dataset) -> Iterator[str]:
    """What targeting added, also when that is nothing, and what the reader must know."""
    beside = {"shuffled": "the wrong profile", "random": "chance", "generic_core": "generic exercise"}
    for name, what in beside.items():
        if name not in others(ds):
            continue
        middle, low, high = difference(ds, name)
        if high < 0:
            yield f"targeting added {-middle:.1f} points ({-high:.1f} to {-low:.1f}) over {what}"
        else:
            yield f"targeting added nothing that shows over {what} ({middle:+.1f}, {low:+.1f} to {high:+.1f})"
    yield own_measure(ds)
    if "front_minutes" in ds:
        gains = ", ".join(
            f"{float(ds.front_benefit.sel(price=price).mean()):.1f} points for "
            f"{float(ds.front_minutes.sel(price=price)):.0f} min a week"
            for price in ds.price.values[::-1]
        )
        yield f"less for less: {gains}"
    if "replan_pain" in ds:
        middle, low, high = replanning_gain(ds)
        yield f"planned anew every week: {middle:+.1f} points ({low:+.1f} to {high:+.1f}) beside it held"
    yield "an important change for a person is 15 points; that targeting helps at all has low certainty"
    yield str(ds.attrs["said"])
