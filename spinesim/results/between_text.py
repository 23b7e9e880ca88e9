"""What stands between the model and what it misses, in words: for a terminal and for a page."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from rich.table import Table
from xarray import Dataset

from spinesim.results.report import titled
from spinesim.results.scoreboard import number

#: Parameters told of a line of the pass line and of a row, and the share of the way to the goal below which
#: one is not told.
OF_LINE, OF_ROW, TOLD = 4, 2, 0.05
HEAD = (
    "missed", "now", "goal", "parameter", "range", "slope", "at the ends", "reaches it at", "rows won", "all",
)  # fmt: skip
READING = (
    "What stands between: each miss with the parameters that bring it nearest to the end of its band, one at "
    "a time over their published ranges (factors on today's value, unless a name tells a unit); the slope is "
    "per doubling of a factor or per unit; rows won come into band less those that leave it; `all` adds up "
    "what every parameter could do."
)


class Words(NamedTuple):
    """One parameter of one miss, or a miss that none moves."""

    missed: str
    now: str
    goal: str
    parameter: str
    range: str
    slope: str
    ends: str
    needed: str
    won: str
    together: str


def told(ds: Dataset) -> Iterator[Words]:
    """Misses in the order of the pass line and the scoreboard, their strongest parameters first."""
    lines = {(float(at.now), float(at.goal)) for at in _each(ds) if _is_line(at)}
    for at in _each(ds):
        if _is_line(at) or (float(at.now), float(at.goal)) not in lines:
            yield from _miss(at)


def between_table(ds: Dataset) -> Table:
    """The misses as a table for a terminal."""
    table = titled("What stands between (one parameter at a time over its published range)", *HEAD)
    for column in (0, 3, 7):
        table.columns[column].justify = "left"
    for words in told(ds):
        table.add_row(*words)
    return table


def _each(ds: Dataset) -> Iterator[Dataset]:
    return (ds.isel(missed=i) for i in range(ds.missed.size))


def _is_line(at: Dataset) -> bool:
    return str(at.missed.item()).startswith("line ")


def _miss(at: Dataset) -> Iterator[Words]:
    way = at.goal - at.now
    gain = np.fmax((at.at_low - at.now) / way, (at.at_high - at.now) / way).fillna(0.0)
    best = np.argsort(-gain.values)[: OF_LINE if _is_line(at) else OF_ROW]
    best = [i for i in best if gain.values[i] >= TOLD]
    head = str(at.missed.item()), number(float(at.now)), number(float(at.goal))
    together = number(float(at.together))
    if not best:
        yield Words(*head, "none that is varied moves it", "", "", "", "", "", together)
    for place, i in enumerate(best):
        first = head if place == 0 else ("", "", "")
        yield Words._make([*first, *_parameter(at.isel(varied=i)), together if place == 0 else ""])


def _parameter(at: Dataset) -> tuple[str, ...]:
    needed, within = float(at.needed), bool(at.within)
    reach = "" if np.isnan(needed) else number(needed) if 1e-3 < abs(needed) < 1e3 else "out of reach"
    where = f"{reach}, {'within' if within else 'beyond'}" if reach and reach != "out of reach" else reach
    return (
        str(at.varied.item()).replace("_", " "),
        f"{number(float(at.range_low))} to {number(float(at.range_high))}",
        f"{float(at.slope):+.3g}",
        f"{number(float(at.at_low))}, {number(float(at.at_high))}",
        where,
        f"{int(at.rows_won):+d}" if np.isfinite(at.rows_won) else "",
    )
