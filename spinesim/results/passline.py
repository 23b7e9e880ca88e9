"""The pass line of a state-of-the-art claim, line by line: what is asked, what was found, met or not.

The lines are those proposed with the table of targets (after the best errors that published models report);
each is read off the scoreboard, the pressures of one man and the curves of the column.
"""

from collections.abc import Iterator
from math import inf, isnan, nan
from typing import NamedTuple

import numpy as np
from xarray import DataArray, Dataset

from spinesim.results.scoreboard import number
from spinesim.validation.bench import MOMENTS, Curves
from spinesim.validation.segments import DIRECTIONS, LUMBAR

#: Contact force that counts as touching [N].
TOUCH = 1.0
_LEVEL, _AT = LUMBAR.index("L4L5"), MOMENTS.index(7.5)


class Line(NamedTuple):
    """One line: `value` met it if it lies from `low` to `high`; NaN where the model does not answer."""

    number: str
    asked: str
    found: str
    value: float
    low: float
    high: float

    @property
    def met(self) -> bool | None:
        """Whether the line is met; None without an answer."""
        return None if isnan(self.value) else self.low <= self.value <= self.high


def pass_line(ds: Dataset, pressures: Dataset, curves: Curves, banded: bool) -> list[Line]:
    """All lines.

    Args:
        ds: the scoreboard.
        pressures: scores of the measured pressures (`agreement`).
        curves: of the column under pure moments.
        banded: whether every answer has an interval.
    """
    return [
        *_pressures(pressures), *_rotations(ds), *_facets(ds, curves), *_preload(ds), *_stability(ds),
        *_day(ds),
        _line("8", "every result with an interval", 1.0 if banded else nan, "yes", 1.0, 1.0),
        *_columns(ds),
    ]  # fmt: skip


def _pressures(scores: Dataset) -> Iterator[Line]:
    at = scores.sel(kind="all")
    ratio, absolute = 100 * float(at.ratio_rmse), float(at.rmse) / 1e6
    slope, r = float(at.slope), float(at.correlation)
    asked = f"pressure over standing, RMSE <= 15 points, {int(at['count'])} static postures"
    yield _line("1a", asked, ratio, f"{ratio:.0f} points", high=15.0)
    yield _line("1b", "pressure, RMSE <= 0.20 MPa", absolute, f"{absolute:.2f} MPa", high=0.20)
    yield _line("1c", "slope 0.85 to 1.15", slope, f"{slope:.2f}", 0.85, 1.15)
    yield _line("1d", "r >= 0.97", r, f"{r:.3f}", 0.97)


def _rotations(ds: Dataset) -> Iterator[Line]:
    planes = ("rom_d_fe", "rom_d_lb", "rom_d_ar")
    off = [abs(_answer(ds, name) - _value(ds, name)) for name in planes]
    median = float(np.median(off))
    asked = "L1-L5 rotation, median error of three planes <= 1.5 degrees"
    each = ", ".join(f"{error:.1f}" for error in off)
    yield _line("2a", asked, median, f"{median:.1f} ({each})", high=1.5)
    share = 100 * _share(ds, "rom_y_")
    yield _line("2b", "80 % of the levels in band", share, f"{share:.0f} %", 80.0)


def _facets(ds: Dataset, curves: Curves) -> Iterator[Line]:
    side = dict(zip(DIRECTIONS, curves.facet_force[:, _AT, _LEVEL], strict=True))
    most = {name: float(force.max()) for name, force in side.items()}
    torsion, both = float(side["axi"].min()), float(side["ext"].min())
    yield _banded(ds, "3a", "fac_flexed", "no share of the load on flexed facets")
    yield _banded(ds, "3b", "fac_erect", "about 16 % of it when erect")
    yield _line("3c", "torsion loads one joint alone", torsion, f"the other {torsion:.0f} N", high=TOUCH)
    yield _line("3d", "extension loads both", both, f"the lesser {both:.0f} N", TOUCH)
    order = f"{most['axi']:.0f}, {most['ext']:.0f}, {most['lat']:.0f} N"
    falls = min(most["axi"] - most["ext"], most["ext"] - most["lat"])
    yield _line("3e", "torsion above extension above side bending", falls, order, 0.0)
    own = (ds.category == "4_facet") & (ds.role == "target") & ds.answer.notnull()
    share = 100 * _mean(ds.in_band.sel(row=own))
    yield _line("3f", "70 % of the facet targets in band", share, f"{share:.0f} %", 70.0)


def _preload(ds: Dataset) -> Iterator[Line]:
    for line, name, goal in (("4a", "stf_gm_250", 1.71), ("4b", "stf_gm_500", 2.11)):
        asked = f"stiffening by preload {goal} within 15 %"
        yield _within(line, asked, _answer(ds, name), goal)


def _stability(ds: Dataset) -> Iterator[Line]:
    asked = "co-contraction 0.9 to 2.5 %, predicted"
    yield _line("5", asked, _answer(ds, "coact_0"), _said(ds, "coact_0"), 0.9, 2.5)
    ratio = _answer(ds, "trk_stf_40") / _answer(ds, "trk_stf_20")
    goal = _value(ds, "trk_stf_40") / _value(ds, "trk_stf_20")
    yield _within("6a", "trunk stiffness ratio 1.37 within 15 %", ratio, goal)
    asked = "stiffening by abdominal pressure 8 to 31 %"
    yield _line("6b", asked, _answer(ds, "iap_stiff"), _said(ds, "iap_stiff"), 8.0, 31.0)


def _day(ds: Dataset) -> Iterator[Line]:
    yield _banded(ds, "7a", "crp_1h", "about 54 % of a day's height lost in its first hour")
    yield _banded(ds, "7b", "crp_rec", "about 70 % of it regained in the first half of the night")


def _columns(ds: Dataset) -> Iterator[Line]:
    yield _banded(ds, "9a", "buckle_vert", "a bare column buckles near 90 N")
    yield _banded(ds, "9b", "follower_cap", "and carries 1,200 N along a follower path")


def _banded(ds: Dataset, number: str, name: str, asked: str) -> Line:
    """A line that asks for the accepted band of a row."""
    ends = [float(ds[end].sel(row=name)) if name in ds.row else nan for end in ("accept_low", "accept_high")]
    return _line(number, asked, _answer(ds, name), _said(ds, name), *ends)


def _within(number: str, asked: str, value: float, goal: float) -> Line:
    """A line that asks for a value within 15 % of a goal."""
    return _line(number, asked, value, f"{value:.2f}", 0.85 * goal, 1.15 * goal)


def _line(number: str, asked: str, value: float, said: str, low: float = -inf, high: float = inf) -> Line:
    return Line(number, asked, "no answer" if isnan(value) else said, value, low, high)


def _answer(ds: Dataset, name: str) -> float:
    return float(ds.answer.sel(row=name)) if name in ds.row else float("nan")


def _value(ds: Dataset, name: str) -> float:
    return float(ds["value"].sel(row=name)) if name in ds.row else float("nan")


def _said(ds: Dataset, name: str) -> str:
    found = _answer(ds, name)
    if np.isnan(found):
        return "no answer"
    unit = {"percent": "%", "percent_MVC": "%"}.get(str(ds.unit.sel(row=name).item()), "N")
    return "never" if np.isinf(found) else f"{number(found)} {unit}"


def _share(ds: Dataset, prefix: str) -> float:
    own = ds.sel(row=[str(name) for name in ds.row.values if str(name).startswith(prefix)])
    return _mean(own.in_band)


def _mean(hits: DataArray) -> float:
    """Share of hits; NaN of nothing."""
    return float(hits.mean()) if hits.size else float("nan")
