"""The slow laws one by one: limits, time scales, and what was measured."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.adaptation import muscle, pain, tissue
from spinesim.adaptation.day import day_of
from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import initial, nobody

P = parameters()
PATIENT = replace(nobody(), pain=jnp.asarray(50.0), fear=jnp.asarray(0.4), inhibited=nobody().inhibited + 0.2)
START = initial(PATIENT, P)
HEALTHY = jnp.zeros(1)


def test_a_year_of_rest_costs_size_and_never_all_of_it():
    slow = replace(START, activity=jnp.zeros(()))
    for _ in range(365):
        slow = replace(slow, size=slow.size + muscle.size_rate(slow, day_of(), PATIENT, P))
    assert 0.6 < float(slow.size[0]) < 0.95


def test_ordinary_life_keeps_a_healthy_muscle():
    healthy = replace(initial(nobody(), P), activity=jnp.ones(()))
    assert np.all(np.abs(muscle.size_rate(healthy, day_of(), nobody(), P)) < 1e-12)


def test_inhibition_comes_in_days_and_goes_in_weeks():
    """Pig discs: 3 to 6 days (Hodges et al. 2006); Hides et al. 1996: not by itself when pain is gone."""
    hurt = replace(START, inhibition=0 * START.inhibition, inflammation=START.inflammation + 1.0)
    coming = muscle.inhibition_rate(hurt, day_of(), nobody(), P)[0]
    calm = replace(START, inflammation=0 * START.inflammation)
    staying = muscle.inhibition_rate(calm, day_of(), PATIENT, P)[0]
    trained = muscle.inhibition_rate(replace(calm, skill=calm.skill + 0.8), day_of(), PATIENT, P)[0]
    assert coming * 6 > 0.5 * P["inhibition_most"]
    assert abs(staying) < 1e-3 and -0.01 < trained < -0.003


def test_stretching_moves_tolerance_more_than_length():
    tolerance, length = muscle.stretch_rates(START, day_of(stretch=1.0), P)
    assert np.all(tolerance > 3 * length)


def test_a_day_upright_costs_fluid_and_the_night_brings_it_back():
    """Volume falls by 16 % over a day (Botsford et al. 1994: 10 to 22)."""
    pressure = jnp.array([[0.1e6], [0.5e6], [1.0e6], [0.5e6]])
    hours = jnp.array([8.0, 7.0, 1.0, 8.0])
    means, ends = tissue.fluid_day(pressure, hours, HEALTHY, P)
    lost = 1 - float(ends[-1, 0] / ends[0, 0])
    assert 0.10 < lost < 0.22 and float(ends[-1, 0]) < float(hours @ means[:, 0]) / 24 < float(ends[0, 0])
    _, worn = tissue.fluid_day(pressure, hours, HEALTHY + 1, P)
    assert 1 - float(worn[-1, 0] / worn[0, 0]) < 0.6 * lost


def brute(goal, tau, hours, days=14, steps=400):
    """Mean and end of the last bout of a day lived again and again, step by step."""
    now, mean = 1.0, 0.0
    for _ in range(days):
        mean = 0.0
        for bout, length in enumerate(hours):
            for _ in range(steps):
                now += (goal[bout] - now) / tau[bout] * length / steps
                mean += now * length / steps
    return mean / sum(hours), now


def test_the_day_of_fluid_repeats_itself():
    pressure, hours = jnp.array([[0.1e6], [0.45e6], [0.8e6]]), jnp.array([8.0, 14.0, 2.0])
    goal = tissue.fluid_goal(pressure, HEALTHY, P)[:, 0]
    tau = [float(P["fluid_out"] if one > tissue.KEPT else P["fluid_in"]) for one in pressure[:, 0]]
    mean, end = brute(list(map(float, goal)), tau, list(map(float, hours)))
    means, ends = tissue.fluid_day(pressure, hours, HEALTHY, P)
    assert end == pytest.approx(float(ends[-1, 0]), abs=5e-3)
    assert mean == pytest.approx(float(hours @ means[:, 0]) / 24, abs=5e-3)


def test_the_day_of_creep_repeats_itself_and_grows_with_bending():
    """Fast and slow half against steps of time; a bout of no length changes nothing."""
    flexed, hours = [0.0, 0.5, 0.0, 0.9], [8.0, 7.0, 0.0, 9.0]
    halves = []
    for back in ("creep_fast", "creep_slow"):
        tau = [float(P["creep_time" if bent else back]) / 60 for bent in flexed]
        # a bout of rest lasts for many of its time constants: steps must be shorter than those
        halves.append(brute([0.5 * bent**2 for bent in flexed], tau, hours, days=2, steps=2000)[0])
    mean = tissue.creep_day(jnp.array(flexed), jnp.array(hours), P)
    assert float(mean) == pytest.approx(sum(halves), abs=2e-3)
    assert float(tissue.creep_day(jnp.array([0.0, 0.3]), jnp.array([12.0, 12.0]), P)) < 0.25 * float(mean)


def test_creep_is_not_gone_after_twenty_minutes():
    crept = tissue.creep(jnp.asarray(1.0), jnp.asarray(20.0), P)
    left = tissue.recovered(crept, jnp.asarray(20.0), P)
    assert 4 < float(crept) < 7 and 0.2 < float(left / crept) < 0.5


def test_the_matrix_takes_decades():
    glycans, cells, _ = tissue.matrix_rates(START, day_of(pressure=0.05e6), PATIENT, P)
    assert np.all(-0.08 < 365 * glycans) and np.all(365 * glycans < 0) and np.all(cells <= 0)


def test_one_cycle_at_the_ultimate_is_the_end_and_one_at_a_third_is_nothing():
    breaks, lasts = tissue.cycle_damage(jnp.array([5000.0, 1650.0]), jnp.asarray(5000.0), P)
    assert 5 < float(breaks) < 20 and float(lasts) < 1e-3


def test_central_sensitisation_has_two_stable_states():
    """Pushed over the hill it stays up for a year without any drive, below it it goes."""

    def settled(central):
        slow = replace(START, central=jnp.asarray(central), inflammation=0 * START.inflammation,
                       facet_irritation=0 * START.facet_irritation)  # fmt: skip
        for _ in range(365 * 3):
            slow = replace(slow, central=slow.central + pain.sensitisation_rates(slow, nobody(), P)[1])
        return float(slow.central)

    assert settled(0.2) < 0.05 and settled(0.9) > 0.5


def test_long_sitting_multiplies_flares_by_what_was_measured():
    """Odds ratio 4.4 beyond 6 hours (Suri et al. 2018)."""
    rates = [float(pain.flare_hazard(START, day_of(sitting=s), PATIENT, P)) for s in (3.0, 9.0)]
    assert 3.5 < rates[1] / rates[0] < 4.5


def test_long_standing_pain_hardly_has_a_course():
    t = jnp.asarray(84.0)
    lasting = replace(PATIENT, long_standing=jnp.ones(()))
    assert pain.course(t, lasting, P) < 0.2 * pain.course(t, PATIENT, P)


def test_structure_alone_gives_no_benefit_and_none_of_it_no_irritation():
    worse = replace(START, inflammation=START.inflammation + 0.5)
    better = replace(START, benefit=jnp.ones(()))

    def felt(slow, structure):
        return float(pain.usual_pain(jnp.zeros(()), slow, START, PATIENT, P, structure))

    s = pain.Structure
    assert felt(START, s.shared) == pytest.approx(50)
    assert felt(worse, s.none) == pytest.approx(50) and felt(worse, s.shared) > 53
    assert felt(better, s.only) == pytest.approx(50) and felt(better, s.shared) < 35


def test_no_day_tears_more_than_is_whole():
    """However often a disc is pressed beyond its strength, its damage stays between none and all."""
    for cycles in (0.0, 1.0, 1e4):
        slow = START
        for _ in range(60):
            torn = tissue.matrix_rates(slow, day_of(fatigue_damage=cycles), PATIENT, P)[2]
            slow = replace(slow, damage=slow.damage + 0.5 * torn)
        assert np.all((slow.damage >= 0) & (slow.damage <= 1))
    assert np.all(slow.damage > 0.9)


@pytest.mark.parametrize("sitting", [0.0, 8.0])
def test_rates_are_finite_and_differentiable(sitting):
    from spinesim.adaptation.rates import rates

    def speed(tight):
        day = day_of(sitting=sitting, strength=1.0, overload=0.3, stretch=0.5, greatest=2500.0)
        changed = rates(jnp.asarray(3.0), START, day, jnp.asarray(0.01), START,
                        replace(PATIENT, fear=tight), P, pain.Structure.shared)  # fmt: skip
        return sum(jnp.sum(leaf) for leaf in jax.tree.leaves(changed))

    value, slope = jax.value_and_grad(speed)(jnp.asarray(0.4))
    assert np.isfinite(value) and np.isfinite(slope)
