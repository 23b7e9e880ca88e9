"""Weeks unfold: steps converge, averaged days follow real ones, gradients are those of differences."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_up import EXERCISES, patient, setting

from spinesim.adaptation import pain
from spinesim.adaptation.rates import rates
from spinesim.exercise import dose, life, unfold
from spinesim.exercise.programme import Programme


@pytest.fixture(scope="module")
def path():
    given = setting()
    return unfold.one(given, given.start)


def brute_force(given, steps_a_day):
    """Euler steps of an hour: one activity at a time, sessions whole on the days that have one.

    What trains is a habit of the week (so many sessions); what overloads a tissue happens at its hour.
    """
    hours = np.array(given.routine.hours)
    lift, stand = (life.ACTIVITIES.index(name) for name in ("lift", "stand"))
    hours[lift], hours[stand] = 1.0, hours[stand] - 1.0  # lifts take an hour of the day
    blocks = np.repeat(np.arange(len(hours)), hours.astype(int))

    @jax.jit
    def step(t, slow, block, session):
        asked = dose.week(given.plan, (t / 7).astype(int), given.menu.owner)
        whole = dose.session(asked, given.menu, given.responses.demands, given.routine, slow, given.person,
                             given.p)  # fmt: skip
        habit, done = unfold.today(given, whole, t, slow)
        here = jnp.zeros(len(hours)).at[block].set(1.0)
        lived = replace(given.routine, exposures=given.routine.exposures * here * 24 / hours)
        held = dose.day(replace(whole, planned=7 * session), done, lived, slow, given.person,
                        given.responses.pressure_per_force, given.p)  # fmt: skip
        now = replace(habit, overload=held.overload, facet_overload=held.facet_overload)
        flare = 1 - jnp.exp(-pain.flare_hazard(slow, habit, given.person, given.p))
        change = rates(t, slow, now, flare, given.start, given.person, given.p, given.structure)
        return jax.tree.map(lambda state, rate: state + rate / steps_a_day, slow, change)

    slow = given.start
    for index in range(7 * len(given.plan.sessions) * steps_a_day):
        day, share = divmod(index, steps_a_day)
        session = jnp.asarray(float(day % 7 in (0, 2, 4)))
        slow = step(jnp.asarray(index / steps_a_day), slow, blocks[24 * share // steps_a_day], session)
    return slow


def test_averaged_days_end_where_real_days_do(path):
    """Sessions on three days a week and bouts hour by hour, against the average: pain within a point."""
    given = setting(person=patient(tolerance=2000.0))
    averaged = unfold.one(given, given.start)
    end = brute_force(given, 24)
    t = jnp.asarray(28.0)
    felt = float(pain.usual_pain(t, end, given.start, given.person, given.p, given.structure))
    assert felt == pytest.approx(float(averaged.pain[-1]), abs=1.0)
    last = jax.tree.map(lambda leaf: leaf[-1], averaged.week)
    np.testing.assert_allclose(end.neural, last.neural, atol=5e-3)
    np.testing.assert_allclose(end.tolerance, last.tolerance, rtol=0.05)


def test_a_week_at_a_time_is_the_same_as_all_at_once(path):
    given = setting()
    slow = given.start
    for number in range(4):
        part = unfold.one(given, slow, jnp.asarray(number), 1)
        slow = jax.tree.map(lambda leaf: leaf[-1], part.week)
    np.testing.assert_allclose(part.pain[-1], path.pain[-1], rtol=1e-9)


def test_training_helps_and_overdoing_it_flares(path):
    """A maximum session every hour is not a way out: tissue answers, adherence falls."""
    given = setting()
    rest = eqx.tree_at(lambda it: it.plan.sessions, given, 0 * given.plan.sessions)
    mad = Programme("mad", EXERCISES, sessions=7.0, first=5.0, last=5.0)
    pressed = setting(programme=mad, heavy=2.5)
    resting, overdone = (unfold.one(one, one.start) for one in (rest, pressed))
    assert float(path.pain[-1]) < float(resting.pain[-1])
    assert float(jnp.max(overdone.pain)) > float(path.pain[0]) + 10
    assert float(overdone.done[-1]) < float(path.done[-1])


def with_effort(given, activation):
    """The same with every exercise at one activation."""
    worked = given.responses.demands.activation.at[len(life.ACTIVITIES) :].set(activation)
    return eqx.tree_at(lambda it: it.responses.demands.activation, given, worked)


def test_a_maximum_hold_every_hour_gains_no_more_and_hurts(path):
    """Sixteen all-out minutes a day: units tire before they train more, tissue is overloaded."""
    given = setting(heavy=2.5)
    often = eqx.tree_at(
        lambda it: (it.plan.sets, it.plan.sessions, it.menu.time, it.menu.bout, it.menu.pause), given,
        (0 * given.plan.sets + 16, 0 * given.plan.sessions + 7, 0 * given.menu.time + 60,
         0 * given.menu.bout + 60, 0 * given.menu.pause + 3),
    )  # fmt: skip
    mad = unfold.one(with_effort(often, 0.98), given.start)
    sane = unfold.one(with_effort(setting(), 0.6), given.start)
    gained = [float(jnp.mean(one.week.neural[-1])) for one in (mad, sane)]
    assert gained[0] < gained[1]
    assert float(mad.pain.max()) > 60 > float(sane.pain.max())
    assert float(mad.flares[-1]) > float(sane.flares[-1]) and float(mad.done[-1]) < float(sane.done[-1])
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(mad.week))


def test_a_maximum_hold_every_hour_with_an_hours_rest_is_too_much_all_the_same():
    """No tissue is overloaded and every hold is kept up: the muscle itself has no time to recover."""
    hourly = eqx.tree_at(
        lambda it: (it.plan.sets, it.plan.sessions, it.menu.time, it.menu.bout, it.menu.pause), setting(),
        (0 * setting().plan.sets + 16, 0 * setting().plan.sessions + 7, 0 * setting().menu.time + 30,
         0 * setting().menu.bout + 30, 0 * setting().menu.pause + 3600),
    )  # fmt: skip
    mad, sane = (unfold.one(with_effort(one, 0.8), one.start) for one in (hourly, setting()))
    gained = [float(jnp.mean(one.week.neural[-1])) for one in (mad, sane)]
    assert gained[0] < 0.5 * gained[1]
    assert float(mad.flares[-1]) > 1.5 * float(sane.flares[-1]) and float(mad.pain[-1]) > float(sane.pain[-1])


def test_no_sets_and_no_sessions_are_ordinary_life(path):
    given = setting()
    ends = [
        unfold.one(eqx.tree_at(where, given, replace_fn=lambda leaf: 0 * leaf), given.start).pain[-1]
        for where in (lambda it: it.plan.sets, lambda it: it.plan.sessions)
    ]
    assert float(ends[0]) == pytest.approx(float(ends[1]), abs=0.2) and float(ends[0]) > float(path.pain[-1])


def test_luck_is_counted_in_whole_flares_and_repeats():
    always = unfold.one(setting(chance=jnp.full(28, 0.0)), setting().start)
    never = unfold.one(setting(chance=jnp.full(28, 1.0)), setting().start)
    assert float(always.flares[-1]) == pytest.approx(28) and float(never.flares[-1]) == 0
    assert float(always.pain[-1]) > float(never.pain[-1])
