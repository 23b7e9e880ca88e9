"""What stands between, by hand: straight lines to the ends of ranges, lines and rows among the misses."""

import dataclasses
from math import inf

import numpy as np
import pytest

from spinesim.results.between import Miss, between, reaching, rows_won, slope
from spinesim.results.between_text import told
from spinesim.results.passline import Line
from spinesim.validation.between import Parameter, merged
from spinesim.validation.targets import targets

FACTOR = Parameter("stiffness", "factor", 0.5, 1.0, 4.0, "who1999")
SHIFT = Parameter("lean_deg", "shift", -3.0, 0.0, 3.0, "who1999")
GOAL = dataclasses.replace(targets()["rom_y_fle_L4L5"], value=8.0, accept_low=7.0, accept_high=9.0)


def row(name):
    return dataclasses.replace(GOAL, id=name)


def test_a_factor_reaches_along_its_logarithm():
    """Twice the factor adds 2, so 4 is reached at 2; 7 lies beyond the range, at the 3.5th doubling."""
    assert slope(FACTOR, -2.0, 4.0) == pytest.approx(2.0)
    for low, value in ((4.0, 4.0), (7.0, 2**3.5)):
        needed, share, end = reaching(FACTOR, Miss("m", 0.0, low, inf), -2.0, 4.0)
        assert (needed, share, end) == (pytest.approx(2 ** (low / 2)), pytest.approx(low / 4), 1)
        assert needed == pytest.approx(value)


def test_a_miss_from_above_is_reached_downwards():
    needed, share, end = reaching(SHIFT, Miss("m", 12.0, -inf, 9.0), 6.0, 15.0)
    assert (needed, share, end) == (pytest.approx(-1.5), pytest.approx(0.5), 0)


def test_what_moves_the_wrong_way_reaches_nothing():
    needed, share, _ = reaching(SHIFT, Miss("m", 12.0, -inf, 9.0), 12.0, 15.0)
    assert np.isnan(needed) and share == inf


def test_rows_are_won_and_lost_on_the_way():
    """Half of the way brings `a` in and takes `b` out; a quarter of it does only the latter."""
    answers, ends = {"a": 6.0, "b": 8.9}, {"a": (0.0, 9.0), "b": (0.0, 10.0)}
    rows = [row("a"), row("b")]
    assert rows_won(rows, answers, ends, 1, 0.5) == 0
    assert rows_won(rows, answers, ends, 1, 0.25) == -1
    assert np.isnan(rows_won(rows, answers, ends, 1, inf))


@pytest.fixture
def found():
    """Two rows, one of them missed, and a line on their difference, which is missed too."""

    def lines(answers):
        off = answers["b"] - answers["a"]
        met = Line("2", "nothing", "", 1.0, 0.0, 2.0)
        return [Line("1", "b - a <= 1", f"{off:.1f}", off, -inf, 1.0), met]

    varied = merged({FACTOR: {"a": (4.0, 8.0)}}, {SHIFT: {"a": (5.0, 5.0)}}, {FACTOR: {"b": (8.0, 8.5)}})
    return between([row("a"), row("b")], {"a": 5.0, "b": 8.0}, varied, lines)


def test_lines_and_rows_out_of_band_are_missed_and_no_other(found):
    assert found.missed.values.tolist() == ["line 1", "a"]
    at = found.sel(missed="a", varied="stiffness")
    np.testing.assert_allclose([at.at_low, at.at_high, at.needed], [4.0, 8.0, 4 ** (2 / 3)])
    assert bool(at.within) and float(at.rows_won) == 1
    line = found.sel(missed="line 1", varied="stiffness")
    np.testing.assert_allclose([line.at_low, line.at_high], [4.0, 0.5])


def test_what_moves_nothing_is_blank(found):
    still = found.sel(varied="lean_deg")
    assert np.isnan(still.needed).all() and not still.within.any()
    np.testing.assert_allclose(found.together, [0.5, 8.0])


def test_it_is_told_in_words(found):
    first, second = told(found)
    assert (first.missed, first.parameter, first.range) == ("line 1", "stiffness", "0.5 to 4")
    assert first.needed.endswith("within") and second.goal == "7"
