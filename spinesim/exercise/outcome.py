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
    """Mean difference of usual pain between two programmes at a week, with two intervals of 95 %.

    `low` and `high` are of the mean over people, who were paired by common random numbers; where the cohort
    was drawn with several parameters, `low_parameters` and `high_parameters` hold what those leave open.
    """
    pair = [ds.pain.sel(programme=_named(ds, name), day=7 * week).values for name in (one, other)]
    found = _interval(pair[0] - pair[1])
    if "pain_mean" in ds:
        means = ds.pain_mean.sel(day=7 * week)
        gap = means.sel(programme=one) - means.sel(programme=other)
        low, high = np.quantile(gap.values, [0.025, 0.975])
        found |= {"low_parameters": float(low), "high_parameters": float(high)}
    return found


def _interval(values: np.ndarray) -> dict[str, float]:
    """Mean and its interval of 95 % over people."""
    half = 1.96 * float(np.std(values, ddof=1)) / np.sqrt(len(values))
    middle = float(np.mean(values))
    return {"mean": middle, "low": middle - float(half), "high": middle + float(half)}


def three_changes(ds: "Dataset", programme: str, natural: str, generic: str, week: int) -> dict[str, Any]:
    """The "40 %" as what it is: change within people, against the natural course, against generic exercise.

    Each in points with an interval; the first also in percent of the start.
    """
    pain = ds.pain.sel(programme=_named(ds, programme))
    within = _interval((pain.sel(day=7 * week) - pain.sel(day=0)).values)
    return {
        "within_person": within,
        "within_person_percent": 100 * within["mean"] / float(pain.sel(day=0).mean()),
        "against_natural_course": effect(ds, programme, natural, week),
        "against_generic": effect(ds, programme, generic, week),
    }


def measured(ds: "Dataset") -> tuple["DataArray", "DataArray"]:
    """Pain as a trial measures it: the mean of a week's diary at the start, and at the end [points]."""
    scatter = (ds.diary - ds.pain).isel(day=slice(0, 7)).mean("day")
    return ds.pain.isel(day=0) + scatter, ds.diary.isel(day=slice(-7, None)).mean("day")


def responders(ds: "Dataset") -> "DataArray":
    """Share of people whose measured pain fell by 30 %, in every arm, the control included."""
    start, end = measured(ds)
    return (end <= (1 - IMPORTANT_SHARE) * start).mean("person")


def standardised_change(ds: "Dataset") -> "DataArray":
    """Mean fall of measured pain over the SD of its change, by arm (Artus et al. 2014)."""
    start, end = measured(ds)
    return -(end - start).mean("person") / (end - start).std("person", ddof=1)


def strength_and_pain(ds: "Dataset", programme: str) -> float:
    """Correlation over people of the changes in strength and in pain (Steiger et al. 2012: none)."""
    arm = ds.sel(programme=_named(ds, programme))
    strength = (arm.extension_strength[:, -1] - arm.extension_strength[:, 0]).values
    pain = (arm.pain[:, -1] - arm.pain[:, 0]).values
    return float(np.corrcoef(strength, pain)[0, 1])


def structural_share(ds: "Dataset", one: str, other: str, week: int) -> float:
    """Share of an effect that goes through muscle and tissue.

    What is gone when the people of one arm are given the structure of the other: their pain with its
    structural part, which adds in logits, exchanged. Comparing with a cohort that has no structure would not
    do: its pain lies elsewhere on a bounded scale, where the same logits are other points.
    """
    arms = [ds.sel(programme=_named(ds, name), day=7 * week) for name in (one, other)]
    pain, base = (arm.pain.values for arm in arms)
    exchanged = _shifted(pain, (arms[1].structural - arms[0].structural).values)
    return float(1 - np.mean(exchanged - base) / np.mean(pain - base))


def _shifted(pain: np.ndarray, logits: np.ndarray) -> np.ndarray:
    odds = pain / (100 - pain) * np.exp(logits)
    return 100 * odds / (1 + odds)


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
