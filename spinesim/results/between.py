"""What stands between the model and what it misses: how far each parameter moves it within its range.

A miss is a line of the pass line or a row of the scoreboard out of its band. For every parameter that moves
it: the answers at both ends of the published range, the slope, the value that would reach the goal (by
straight lines through the answers at the ends and today's), whether that lies within the range, and how
many rows would come into their bands, less those that would leave them.
"""

from collections.abc import Callable, Mapping, Sequence
from math import inf, isfinite, isinf, nan
from typing import NamedTuple

import numpy as np
import xarray as xr

from spinesim.results.passline import Line
from spinesim.validation.between import Ends, Parameter, Varied
from spinesim.validation.targets import Target

#: Share of a miss below which a parameter is not said to move it.
LEAST = 0.01
_COLUMNS = ("at_low", "at_high", "slope", "needed", "rows_won")


class Miss(NamedTuple):
    """Something missed and where it should lie."""

    name: str
    now: float
    low: float
    high: float

    @property
    def goal(self) -> float:
        """The nearest end of the band."""
        return self.low if self.now < self.low else self.high


def between(
    rows: Sequence[Target],
    answers: Mapping[str, float],
    varied: Varied,
    lines: Callable[[Mapping[str, float]], Sequence[Line]],
) -> xr.Dataset:
    """All misses by parameter.

    Args:
        rows: the compared rows.
        answers: today's answers.
        varied: answers at the ends of the parameters.
        lines: the pass line of some answers.
    """
    answered = [row for row in rows if isfinite(answers.get(row.id, nan))]
    usual = lines(answers)
    misses = [Miss(f"line {line.number}", line.value, line.low, line.high) for line in usual
              if line.met is False and isfinite(line.value)]  # fmt: skip
    misses += [Miss(row.id, answers[row.id], row.accept_low, row.accept_high) for row in answered
               if not row.accepts(answers[row.id])]  # fmt: skip
    cells = np.full((len(_COLUMNS), len(misses), len(varied)), np.nan)
    for column, (parameter, ends) in enumerate(varied.items()):
        pair = [_values(answers, ends, end, lines) for end in (0, 1)]
        for line, miss in enumerate(misses):
            low, high = (values.get(miss.name, miss.now) for values in pair)
            if max(abs(low - miss.now), abs(high - miss.now)) > LEAST * abs(miss.goal - miss.now):
                needed, share, end = reaching(parameter, miss, low, high)
                won = rows_won(answered, answers, ends, end, share)
                cells[:, line, column] = low, high, slope(parameter, low, high), needed, won
    return _dataset(misses, list(varied), cells)


def _values(
    answers: Mapping[str, float],
    ends: Ends,
    end: int,
    lines: Callable[[Mapping[str, float]], Sequence[Line]],
) -> dict[str, float]:
    """Rows and lines with a parameter at an end."""
    moved = {row: pair[end] for row, pair in ends.items() if row in answers}
    return moved | {f"line {line.number}": line.value for line in lines({**answers, **moved})}


def slope(parameter: Parameter, low: float, high: float) -> float:
    """Change over the range per doubling of a factor, or per unit."""
    reach = parameter.place(parameter.high) - parameter.place(parameter.low)
    unit = np.log(2) if parameter.kind == "factor" else 1.0
    return (high - low) / reach * unit


def reaching(parameter: Parameter, miss: Miss, low: float, high: float) -> tuple[float, float, int]:
    """Value of a parameter that reaches the goal, the share of its way to an end of its range, and which end.

    Beyond the range the line to its end goes on; NaN where neither way leads towards the goal.
    """
    middle, way = parameter.place(parameter.middle), miss.goal - miss.now
    gains = [(value - miss.now) / way for value in (low, high)]
    end = int(gains[1] > gains[0])
    if gains[end] <= 0:
        return nan, inf, end
    share = 1 / gains[end]
    place = middle + share * (parameter.place((parameter.low, parameter.high)[end]) - middle)
    return parameter.value(place), share, end


def rows_won(
    rows: Sequence[Target], answers: Mapping[str, float], ends: Ends, end: int, share: float
) -> float:
    """Rows in band at that share of the way to an end, or at the end, less those in band today."""
    if isinf(share):
        return nan
    now = {row.id: answers[row.id] for row in rows}
    moved = {name: now[name] + min(share, 1.0) * (pair[end] - now[name])
             for name, pair in ends.items() if name in now}  # fmt: skip
    return float(sum(row.accepts(moved.get(row.id, now[row.id])) - row.accepts(now[row.id]) for row in rows))


def _dataset(misses: Sequence[Miss], parameters: Sequence[Parameter], cells: np.ndarray) -> xr.Dataset:
    table = {name: (("missed", "varied"), cell) for name, cell in zip(_COLUMNS, cells, strict=True)}
    own = {name: ("missed", [getattr(miss, name) for miss in misses]) for name in ("now", "goal")}
    ranges = {
        f"range_{name}": ("varied", [getattr(p, name) for p in parameters])
        for name in ("kind", "low", "middle", "high", "source")
    }
    found = xr.Dataset(
        table | own | ranges,
        {"missed": [miss.name for miss in misses], "varied": [p.name for p in parameters]},
    )
    return found.assign(within=_within(found), together=_together(found))


def _within(ds: xr.Dataset) -> xr.DataArray:
    return (ds.needed >= ds.range_low) & (ds.needed <= ds.range_high)


def _together(ds: xr.Dataset) -> xr.DataArray:
    """Where every parameter at its better end would bring a miss if their effects added up."""
    sign = np.sign(ds.goal - ds.now)
    best = np.fmax(sign * (ds.at_low - ds.now), sign * (ds.at_high - ds.now)).clip(min=0)
    return ds.now + sign * best.sum("varied")
