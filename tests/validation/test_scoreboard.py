"""Scores by hand: logarithms, bands, weights, use; nothing without a number in a mean."""

import dataclasses

import numpy as np

from spinesim.results.peers import elementary_pressure
from spinesim.results.scoreboard import board, scores
from spinesim.validation import sampled
from spinesim.validation.bench import Load, loads_of
from spinesim.validation.intervals import DRAWS
from spinesim.validation.questions import plan, question
from spinesim.validation.responses import SEARCHED, responses
from spinesim.validation.sampled import draw
from spinesim.validation.targets import Use, targets

GOAL = targets()["rom_y_fle_L4L5"]


def row(name, **changes):
    return dataclasses.replace(GOAL, id=name, **changes)


def test_an_answer_off_by_a_factor_scores_its_logarithm_weighted_by_confidence():
    rows = [row("a", confidence="A"), row("b", confidence="C")]
    ds = board(rows, {"a": GOAL.value * 1.1, "b": GOAL.value / 2}, {})
    np.testing.assert_allclose(ds.error, [np.log(1.1), -np.log(2)])
    at = scores(ds).sel(category="3_fsu", kind="test")
    np.testing.assert_allclose(at.log_rmse, np.sqrt((np.log(1.1) ** 2 + 0.2 * np.log(2) ** 2) / 1.2))
    assert int(at.targets) == 2 and int(at.targets_in_band) == 1
    np.testing.assert_allclose(at.weighted_in_band, 1 / 1.2)


def test_a_value_of_zero_scores_by_its_band_and_infinity_in_no_mean():
    rows = [row("a", value=0.0, accept_low=0.0, accept_high=4.0), row("b")]
    ds = board(rows, {"a": 3.0, "b": np.inf}, {})
    assert ds.error.values[0] == 1.5 and not ds.logarithmic.any()
    at = scores(ds).sel(category="3_fsu", kind="test")
    assert float(at.band_rmse) == 1.5 and int(at.without_number) == 1 and int(at.targets_in_band) == 1


def test_trends_pass_or_fail_and_rows_apart_by_use():
    rows = [row("a", role="trend"), row("b"), row("c"), row("d")]
    used = {"b": Use("fitted", "made with it"), "c": Use("unanswered", "no time")}
    ds = board(rows, {"a": GOAL.value, "b": GOAL.value}, used)
    assert ds.use.values.tolist() == ["test", "calibration", "unanswered", "unanswered"]
    assert ds.reason.values.tolist()[2:] == ["no time", "no experiment is set up for it"]
    found = scores(ds).sel(category="3_fsu")
    assert int(found.checks_passed.sel(kind="test")) == 1 and int(found.targets.sel(kind="calibration")) == 1
    assert int(found.unanswered) == 2


def test_a_posture_that_is_not_held_has_no_error():
    ds = board([row("a")], {"a": np.nan}, {})
    assert np.isnan(ds.error).all() and not ds.in_band.any()


def test_the_hand_model_gives_its_published_numbers():
    found = [elementary_pressure(*case) for case in ((0.0, None), (36.0, None), (70.0, 0.5), (0.0, 0.2))]
    np.testing.assert_allclose(found, [0.42, 1.30, 3.14, 1.14], atol=0.005)


def test_a_row_says_its_bench_load():
    assert loads_of(row("a", external_load="M=5Nm;FL=300N")) == (Load("fle", 5.0, 300.0),)
    assert loads_of(targets()["rom_d_lb"]) == (Load("lat", 7.5, 0.0),) * 2
    assert loads_of(row("a", external_load="rotation=5deg")) == ()


def test_a_row_says_its_posture_whatever_its_numbers():
    lean = dataclasses.replace(targets()["idp_w_stand_flex"], trunk_flexion_deg=50.0, hand_load_kg=10.0)
    assert question(lean) == (
        "volunteer", "bent_forward", (("hand_load_kg", 10.0), ("trunk_flexion_deg", 50.0))
    )  # fmt: skip
    assert question(targets()["idp_w_stand"]) == ("volunteer", "standing", ())
    assert question(targets()["iap_lift_20"])[0] == "woman"
    assert question(targets()["idp_w_walk"]) is None and question(targets()["rom_h_flex"]) is None


def test_equal_cases_are_solved_once():
    rows = [targets()[name] for name in ("idp_w_stand", "emg_stand_LES", "idp_s_stand", "idp_w_prone")]
    planned = plan(rows, {})
    assert len(planned.tasks) == 2 and planned.case["idp_w_stand"] == planned.case["idp_s_stand"]


def test_the_draws_fill_their_ranges():
    drawn = draw(DRAWS)
    unit = (drawn - drawn.min(axis=0)) / np.ptp(drawn, axis=0)
    assert set(unit[:, 4]) == {0.0, 1.0} and abs(unit[:, 4].mean() - 0.5) < 0.01
    np.testing.assert_allclose(unit[:, :4].mean(axis=0), 0.5, atol=0.01)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(6)).max() < 0.02
    assert set(draw(DRAWS, exponents=False)[:, 4]) == {2.0}


def test_responses_of_positive_answers_multiply_and_meet_their_ends():
    """In proportion to strength and mass; shifted through zero by q; of the exponent alone."""
    low, high, middle = sampled.table().numbers("low", "high", "middle").T
    strength, mass, q = (sampled.at(name) for name in SEARCHED)

    def ends(name):
        points = np.stack([middle, middle])
        points[:, sampled.at(name)] = low[sampled.at(name)], high[sampled.at(name)]
        return [{"a": p[strength] * p[mass], "b": np.log(p[q])} for p in points]

    seen = {name: ends(name) for name in SEARCHED} | {"cost_exponent": [{"c": 5.0}, {"c": 10.0}]}
    drawn = draw(256)
    found = responses(drawn, {"a": 1.0, "b": 0.0, "c": 5.0}, seen)
    np.testing.assert_allclose(found["a"], drawn[:, strength] * drawn[:, mass], rtol=0.02)
    np.testing.assert_allclose(found["b"], np.log(drawn[:, q]), atol=1e-12)
    np.testing.assert_allclose(found["c"], np.where(drawn[:, 4] == 3, 10.0, 5.0))
