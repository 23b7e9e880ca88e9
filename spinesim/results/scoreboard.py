"""The scoreboard: answers beside measurements, scored by category; datasets in, datasets out.

A target is scored by ln(answer / value) where both are positive, otherwise by its difference over half the
accepted band; trends and bounds pass or fail. Rows count 1, 0.6 or 0.2 by how well their source is known.
Rows that the model was made with (calibration) and rows that it was not (test) are kept apart.
"""

from collections.abc import Mapping, Sequence
from math import isfinite, log

import numpy as np
import xarray as xr

from spinesim.validation.targets import CATEGORIES, Target, Use

#: Words of a row in a scoreboard, and its numbers.
WORDS = (
    "category", "quantity", "posture", "external_load", "level", "unit", "population", "role", "confidence",
    "source_key",
)  # fmt: skip
NUMBERS = ("value", "accept_low", "accept_high", "weight", "trunk_flexion_deg", "hand_load_kg")
TEST, CALIBRATION, NONE = "test", "calibration", "unanswered"
UNKNOWN = "no experiment is set up for it"


def board(rows: Sequence[Target], answers: Mapping[str, float], uses: Mapping[str, Use]) -> xr.Dataset:
    """Every compared row with its answer, error and whether that lies in the accepted band.

    `error` is in units of ln where `logarithmic`, else in half bands. A posture that was not held has no
    answer (NaN); an answer that does not exist within reach is infinite and in no mean.
    """
    words = {name: ("row", [getattr(row, name) for row in rows]) for name in WORDS}
    numbers = {name: ("row", [float(getattr(row, name)) for row in rows]) for name in NUMBERS}
    answer = np.array([answers.get(row.id, np.nan) for row in rows], float)
    errors = [error_of(row, value) for row, value in zip(rows, answer, strict=True)]
    why = {row.id: uses.get(row.id) for row in rows}
    return xr.Dataset(
        words
        | numbers
        | {
            "answer": ("row", answer),
            "in_band": ("row", [row.accepts(value) for row, value in zip(rows, answer, strict=True)]),
            "error": ("row", [error for error, _ in errors]),
            "logarithmic": ("row", [kind for _, kind in errors]),
            "use": ("row", [_use(row.id in answers, why[row.id]) for row in rows]),
            "reason": ("row", [_reason(row.id in answers, why[row.id]) for row in rows]),
        },
        {"row": [row.id for row in rows]},
    )


def _use(answered: bool, use: Use | None) -> str:
    if not answered:
        return NONE
    return CALIBRATION if use is not None and use.use in ("fitted", "informed") else TEST


def _reason(answered: bool, use: Use | None) -> str:
    if use is not None:
        return use.reason
    return "" if answered else UNKNOWN


def error_of(row: Target, answer: float) -> tuple[float, bool]:
    """Error of an answer and whether it is a logarithm; trends and bounds have none."""
    if row.role != "target" or np.isnan(answer):
        return np.nan, False
    if row.value > 0 and answer > 0 and isfinite(answer):
        return log(answer / row.value), True
    return (answer - row.value) / (0.5 * (row.accept_high - row.accept_low)), False


def scores(ds: xr.Dataset) -> xr.Dataset:
    """Scores by category and use: weighted RMS errors, shares in band, trends and bounds passed.

    `log_rmse` is of the rows with a logarithm, `band_rmse` (half bands) of the others; 0.1 is an error of
    10 %. There is no pooled score: a category rests on people, another on specimens.
    """
    uses, categories = (TEST, CALIBRATION), list(CATEGORIES)
    cells = [[_scored(ds.sel(row=(ds.category == c) & (ds.use == u))) for u in uses] for c in categories]
    by_use = [xr.concat(row, xr.IndexVariable("kind", list(uses))) for row in cells]
    found = xr.concat(by_use, xr.IndexVariable("category", categories))
    left = [int(((ds.category == c) & (ds.use == NONE)).sum()) for c in categories]
    return found.assign(unanswered=("category", left))


def _scored(ds: xr.Dataset) -> xr.Dataset:
    goal = ds.sel(row=ds.role == "target")
    rest = ds.sel(row=ds.role != "target")
    measured = goal.sel(row=np.isfinite(goal.error))
    whole = float(goal.weight.sum())
    return xr.Dataset({
        "targets": goal.row.size,
        "targets_in_band": int(goal.in_band.sum()),
        "weighted_in_band": float(goal.weight.where(goal.in_band, 0).sum()) / whole if whole else np.nan,
        "log_rmse": _rms(measured.sel(row=measured.logarithmic)),
        "band_rmse": _rms(measured.sel(row=~measured.logarithmic)),
        "without_number": goal.row.size - measured.row.size,
        "checks": rest.row.size,
        "checks_passed": int(rest.in_band.sum()),
    })  # fmt: skip


def _rms(ds: xr.Dataset) -> float:
    """Weighted root mean square of the errors; NaN for no rows."""
    weight = ds.weight.values
    return float(np.sqrt(np.sum(weight * ds.error.values**2) / weight.sum())) if weight.size else np.nan


def number(value: float) -> str:
    """Three digits that count; words for what has no number."""
    if np.isnan(value):
        return "-"
    if np.isinf(value):
        return "never"
    return f"{value:.3g}" if abs(value) < 1e3 else f"{value:,.0f}"
