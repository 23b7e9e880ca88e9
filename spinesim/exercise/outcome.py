"""What a cohort shows: three changes side by side, effects with intervals, responders, what carries them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spinesim._names import choose

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

#: Smallest change that matters to a person: 15 points, or 30 % of the start (Ostelo et al. 2008).
IMPORTANT_POINTS, IMPORTANT_SHARE = 15.0, 0.3


def effect(ds: "Dataset", one: str, other: str, week: int) -> dict[str, float]:
    """Mean difference of usual pain between two programmes at a week, and its 95 % interval over people.

    Both ran on the same people and random numbers, so the interval is of the paired difference's mean.
    """
    pair = [ds.pain.sel(programme=_named(ds, name), day=7 * week).values for name in (one, other)]
    difference = pair[0] - pair[1]
    half = 1.96 * np.std(difference, ddof=1) / np.sqrt(len(difference))
    middle = float(np.mean(difference))
    return {"mean": middle, "low": middle - float(half), "high": middle + float(half)}


def three_changes(ds: "Dataset", programme: str, natural: str, generic: str, week: int) -> dict[str, Any]:
    """The "40 %" as what it is: change within people, against the natural course, against generic exercise.

    Each in points with an interval; the first also in percent of the start.
    """
    pain = ds.pain.sel(programme=_named(ds, programme))
    change = (pain.sel(day=7 * week) - pain.sel(day=0)).values
    half = 1.96 * np.std(change, ddof=1) / np.sqrt(len(change))
    within = {"mean": float(np.mean(change)), "low": float(np.mean(change) - half),
              "high": float(np.mean(change) + half)}  # fmt: skip
    return {
        "within_person": within,
        "within_person_percent": 100 * within["mean"] / float(pain.sel(day=0).mean()),
        "against_natural_course": effect(ds, programme, natural, week),
        "against_generic": effect(ds, programme, generic, week),
    }


def responders(ds: "Dataset", week: int) -> "DataArray":
    """Share of people whose usual pain fell by 30 %, in every arm, the control included."""
    start, end = ds.pain.sel(day=0), ds.pain.sel(day=7 * week)
    return (end <= (1 - IMPORTANT_SHARE) * start).mean("person")


def strength_and_pain(ds: "Dataset", programme: str) -> float:
    """Correlation over people of the changes in strength and in pain (Steiger et al. 2012: none)."""
    arm = ds.sel(programme=_named(ds, programme))
    strength = (arm.extension_strength[:, -1] - arm.extension_strength[:, 0]).values
    pain = (arm.pain[:, -1] - arm.pain[:, 0]).values
    return float(np.corrcoef(strength, pain)[0, 1])


def structural_share(shared: "Dataset", none: "Dataset", one: str, other: str, week: int) -> float:
    """Share of an effect that is gone when nothing structural reaches pain."""
    whole, rest = (effect(ds, one, other, week)["mean"] for ds in (shared, none))
    return 1 - rest / whole


def recurrence(ds: "Dataset", programme: str) -> dict[str, float]:
    """Share of people with at least one flare by the end, and the median day of the first."""
    flares = ds.flares.sel(programme=_named(ds, programme)).values
    reached = flares >= 0.5
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), np.inf)
    return {"share": float(np.isfinite(first).mean()), "median_day": float(np.median(first))}


def bands(values: "DataArray", share: float = 0.8) -> Mapping[str, np.ndarray]:
    """Median over people and the interval that holds a `share` of them."""
    low, middle, high = np.quantile(values.values, [(1 - share) / 2, 0.5, (1 + share) / 2], axis=0)
    return {"low": low, "median": middle, "high": high}


def _named(ds: "Dataset", name: str) -> str:
    return choose("programme of this cohort", name, [str(known) for known in ds.programme.values])
