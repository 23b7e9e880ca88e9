"""The pass line of a state-of-the-art claim, line by line: what is asked, what was found, met or not.

The lines are those proposed with the table of targets (after the best errors that published models report);
each is read off the scoreboard, the pressures of one man and the curves of the column.
"""

from collections.abc import Iterator
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
    """One line; `met` is None where the model does not answer."""

    number: str
    asked: str
    found: str
    met: bool | None


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
        Line("7", "54 and 70 % of a day's height, both in band", "the model has no time", None),
        Line("8", "every result with an interval", "yes" if banded else "not drawn", banded or None),
        *_columns(ds),
    ]  # fmt: skip


def _pressures(scores: Dataset) -> Iterator[Line]:
    at = scores.sel(kind="all")
    ratio, absolute = 100 * float(at.ratio_rmse), float(at.rmse) / 1e6
    slope, r = float(at.slope), float(at.correlation)
    asked = f"pressure over standing, RMSE <= 15 points, {int(at['count'])} static postures"
    yield Line("1a", asked, f"{ratio:.0f} points", ratio <= 15)
    yield Line("1b", "pressure, RMSE <= 0.20 MPa", f"{absolute:.2f} MPa", absolute <= 0.20)
    yield Line("1c", "slope 0.85 to 1.15", f"{slope:.2f}", 0.85 <= slope <= 1.15)
    yield Line("1d", "r >= 0.97", f"{r:.3f}", r >= 0.97)


def _rotations(ds: Dataset) -> Iterator[Line]:
    planes = ("rom_d_fe", "rom_d_lb", "rom_d_ar")
    off = [abs(_answer(ds, name) - _value(ds, name)) for name in planes]
    median = float(np.median(off))
    asked = "L1-L5 rotation, median error of three planes <= 1.5 degrees"
    each = ", ".join(f"{error:.1f}" for error in off)
    yield _line("2a", asked, median, f"{median:.1f} ({each})", median <= 1.5)
    share = _share(ds, "rom_y_")
    yield _line("2b", "80 % of the levels in band", share, f"{100 * share:.0f} %", share >= 0.8)


def _facets(ds: Dataset, curves: Curves) -> Iterator[Line]:
    side = dict(zip(DIRECTIONS, curves.facet_force[:, _AT, _LEVEL], strict=True))
    most = {name: float(force.max()) for name, force in side.items()}
    torsion, both = float(side["axi"].min()), float(side["ext"].min())
    yield _banded(ds, "3a", "fac_flexed", "no share of the load on flexed facets")
    yield _banded(ds, "3b", "fac_erect", "about 16 % of it when erect")
    yield Line("3c", "torsion loads one joint alone", f"the other {torsion:.0f} N", torsion < TOUCH)
    yield Line("3d", "extension loads both", f"the lesser {both:.0f} N", both > TOUCH)
    order = f"{most['axi']:.0f}, {most['ext']:.0f}, {most['lat']:.0f} N"
    falls = most["axi"] > most["ext"] > most["lat"]
    yield Line("3e", "torsion above extension above side bending", order, falls)
    own = (ds.category == "4_facet") & (ds.role == "target") & ds.answer.notnull()
    share = _mean(ds.in_band.sel(row=own))
    yield _line("3f", "70 % of the facet targets in band", share, f"{100 * share:.0f} %", share >= 0.7)


def _preload(ds: Dataset) -> Iterator[Line]:
    for line, name, goal in (("4a", "stf_gm_250", 1.71), ("4b", "stf_gm_500", 2.11)):
        found = _answer(ds, name)
        asked = f"stiffening by preload {goal} within 15 %"
        yield _line(line, asked, found, f"{found:.2f}", _within(found, goal))


def _stability(ds: Dataset) -> Iterator[Line]:
    found = _answer(ds, "coact_0")
    met = None if np.isnan(found) else bool(0.9 <= found <= 2.5)
    yield Line("5", "co-contraction 0.9 to 2.5 %, predicted", _said(ds, "coact_0"), met)
    ratio = _answer(ds, "trk_stf_40") / _answer(ds, "trk_stf_20")
    goal = _value(ds, "trk_stf_40") / _value(ds, "trk_stf_20")
    yield _line("6a", "trunk stiffness ratio 1.37 within 15 %", ratio, f"{ratio:.2f}", _within(ratio, goal))
    gain = _answer(ds, "iap_stiff")
    asked = "stiffening by abdominal pressure 8 to 31 %"
    yield _line("6b", asked, gain, _said(ds, "iap_stiff"), 8 <= gain <= 31)


def _columns(ds: Dataset) -> Iterator[Line]:
    yield _banded(ds, "9a", "buckle_vert", "a bare column buckles near 90 N")
    yield _banded(ds, "9b", "follower_cap", "and carries 1,200 N along a follower path")


def _banded(ds: Dataset, line: str, name: str, asked: str) -> Line:
    met = bool(ds.in_band.sel(row=name)) if name in ds.row else None
    return Line(line, asked, _said(ds, name), met)


def _line(line: str, asked: str, value: float, said: str, met: bool) -> Line:
    """A line that a number decides; none without one."""
    return Line(line, asked, "no answer", None) if np.isnan(value) else Line(line, asked, said, bool(met))


def _within(found: float, goal: float) -> bool:
    return abs(found / goal - 1) <= 0.15


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
