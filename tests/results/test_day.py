"""A day of the discs by hand: one pressure up, one in bed, so that every share is an exponential."""

import numpy as np
import pytest

from spinesim.adaptation.parameters import parameters
from spinesim.models.disc import FLUID_SHARE
from spinesim.results import day
from spinesim.validation.people import person

UP, LYING = 0.6e6, 0.1e6


@pytest.fixture
def pressed(monkeypatch):
    postures = np.array([UP, UP, LYING])[:, None] * np.ones(len(day.LUMBAR))
    monkeypatch.setattr(day, "_pressed", lambda who: np.stack([1e-3 * postures, postures]))


def test_shares_of_a_day_are_exponentials(pressed):
    found, p = day.day_answers(), parameters()
    out, back = float(p["fluid_out"]), float(p["fluid_in"])
    assert found["crp_1h"] == pytest.approx(100 * np.expm1(-1 / out) / np.expm1(-16 / out))
    assert found["crp_rec"] == pytest.approx(100 * np.expm1(-4 / back) / np.expm1(-8 / back))


def test_stature_follows_the_fluid_between_two_goals(pressed):
    """Evening e and morning m of the repeating day, each a share of the way from the other to its goal."""
    p = parameters()
    stay, sleep = np.exp(-16 / float(p["fluid_out"])), np.exp(-8 / float(p["fluid_in"]))
    between = float(p["fluid_sensitivity"]) * np.log(UP / LYING)  # of the goals
    swing = between * (1 - stay) * (1 - sleep) / (1 - stay * sleep)
    height = float(np.sum(person("man").discs.height[: len(day.LUMBAR)]))
    lost = 1e3 * height * FLUID_SHARE * swing / day.LUMBAR_SHARE
    assert day.day_answers()["crp_stat"] == pytest.approx(lost)


def test_the_law_s_parameters_move_what_they_are_named_for(pressed):
    usual = day.day_answers()
    ends = {p.name: rows for p, rows in day.day_varied(usual).items()}
    assert ends["fluid_out"]["crp_1h"][0] > usual["crp_1h"] > ends["fluid_out"]["crp_1h"][1]
    assert ends["fluid_in"]["crp_rec"][0] > usual["crp_rec"] > ends["fluid_in"]["crp_rec"][1]
    low, high = ends["fluid_sensitivity"]["crp_stat"]
    p = next(p for p in day.day_varied(usual) if p.name == "fluid_sensitivity")
    assert low / usual["crp_stat"] == pytest.approx(p.low / p.middle) and high > usual["crp_stat"]
