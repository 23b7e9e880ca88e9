"""The planner: its gradient is that of differences, its plans keep their limits, doses are equal."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_up import EXERCISES, patient, responses, setting

from spinesim.adaptation.parameters import drawn, parameters
from spinesim.exercise import dose, gate, life, objective, planner, plans, replanning
from spinesim.exercise.population import People
from spinesim.exercise.profile import profile


@pytest.fixture(scope="module")
def case():
    """Two draws of one person over two weeks, on made-up demands."""
    given = setting()
    many = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), (patient(), life.routine()))
    each = jnp.array([one.set_minutes for one in EXERCISES])
    loaded = jnp.array([float(bool(one.loads)) for one in EXERCISES])
    return plans.Case(
        People(*many), drawn(2, 5), given.responses, given.menu, each, jnp.ones(len(EXERCISES)), loaded,
        jnp.asarray(0.01), weeks=2,
    )  # fmt: skip


@pytest.fixture(scope="module")
def choice(case):
    return plans.start_choice(case, EXERCISES, patient())


def test_the_gradient_of_the_objective_is_that_of_differences(case, choice):
    """Back through all weeks, the expectation over draws, the gate and the limits of tissue."""
    _, slope = objective.slope(choice, case)
    for name, index in (("exercise", 1), ("exercise", 2), ("load", 0), ("sessions", ()), ("size", ())):
        value = getattr(choice, name)
        step = 1e-4 * jnp.zeros_like(value).at[index].set(1.0)
        ends = [objective.slope(replace(choice, **{name: value + s * step}), case)[0] for s in (1, -1)]
        wanted = float(ends[0] - ends[1]) / 2e-4
        assert wanted != 0
        assert float(getattr(slope, name)[index]) == pytest.approx(wanted, rel=1e-4, abs=1e-8)


def test_descent_goes_down(case, choice):
    _, values = objective.descend(choice, case, 6)
    assert values[-1] < values[0]


def test_a_plan_keeps_its_limits(case, choice):
    long = replace(case, weeks=12)
    mad = replace(choice, size=jnp.asarray(9.0), growth=jnp.asarray(9.0), sessions=jnp.asarray(9.0))
    plan = plans.plan_of(mad, long)
    minutes = np.asarray(plan.sets @ case.minutes)
    assert minutes.max() <= plans.MOST_MINUTES and float(plan.sessions[0]) <= plans.MOST
    assert np.max(minutes[1:] / minutes[:-1]) <= 1 + plans.GROWTH + 1e-9
    assert np.all((plan.load >= plans.LIGHTEST) & (plan.load <= plans.HEAVIEST))
    whole = plans.rounded(plan, long)
    minutes = np.asarray(whole.sets @ case.minutes)
    assert np.all(np.asarray(whole.sets) % 1 == 0) and float(whole.sessions[0]) == plans.MOST
    assert minutes.max() <= plans.MOST_MINUTES and np.max(whole.sets) <= plans.MOST_SETS
    smallest = float(np.min(np.asarray(case.minutes)))
    assert np.all(minutes[1:] <= (1 + plans.GROWTH) * np.maximum(minutes[:-1], smallest) + 1e-9)


def test_comparators_have_the_same_dose(case, choice):
    plan = plans.plan_of(choice, case)
    other = plans.like(replace(plan, sets=plan.sets[:, ::-1] * 3), plan, case)
    np.testing.assert_allclose(other.sets @ case.minutes, plan.sets @ case.minutes)


def test_a_wrong_profile_differs_in_nothing_but_deficits():
    right, wrong = patient(), planner.wrong_person(patient(), 3)
    assert float(wrong.pain) == float(right.pain) and not np.array_equal(wrong.deficit, right.deficit)


def test_comorbidities_take_exercises_away():
    """Neuropathy keeps to what is steady; a degenerated disc to what presses less; none left is said."""
    sound = profile(tight_deg={"hip_flexors": 8})
    ill = profile(conditions=("neuropathy", "degenerative_disc"))
    menu, light = dose.menu(EXERCISES, responses()), responses(heavy=0.6)

    def may(who, answers):
        return plans.allowed(EXERCISES, answers, menu, who.person)

    assert may(sound, light).all()
    unsteady = np.array([one.balance > float(ill.person.balance_level) for one in EXERCISES])
    assert unsteady.any() and not may(ill, responses(heavy=0.3))[unsteady].any()
    assert float(plans.limit(ill.person)) < float(plans.limit(sound.person)) <= plans.DESIGN
    with pytest.raises(ValueError, match="none of these exercises"):
        may(ill, responses(heavy=3.0))


def test_ability_opens_the_gate_and_a_flare_closes_it():
    """Minutes go to what is open; without a gate a plan is done as written."""
    given, p = setting(), parameters()
    fresh = given.start
    able = replace(fresh, skill=fresh.skill + 0.6)
    hurt = replace(able, recent_flares=jnp.asarray(2.0))
    shares = [float(gate.open_share(jnp.asarray(3.0), slow, p)) for slow in (fresh, able, hurt)]
    assert shares[0] < 0.05 and shares[1] > 0.95 and shares[2] < 0.5
    asked = dose.week(replace(given.plan, gated=given.plan.gated + 1), 0, given.menu.owner)
    done = gate.opened(asked, given.menu, fresh, p)
    assert float(done.sets @ given.menu.minutes) == pytest.approx(float(asked.sets @ given.menu.minutes))
    squat = np.array(given.menu.owner) == 0
    assert np.all(done.sets[squat] < 0.1 * asked.sets[squat])
    free = gate.opened(replace(asked, gated=jnp.zeros(())), given.menu, fresh, p)
    np.testing.assert_allclose(free.sets, asked.sets)


def test_planning_anew_learns_from_the_weeks_and_grows_no_faster(case, choice):
    """Particles lose weight as the diary speaks; the held plan stays; minutes keep their growth."""
    who = replace(profile(), person=patient())
    ds = replanning.replanned(who, EXERCISES, case, choice, seed=3, count=2)
    assert np.all(np.isfinite(ds.replan_pain)) and ds.sizes["replan_day"] == 14
    assert float(ds.particles.min()) < 1.9
    held, anew = (np.asarray(ds.replan_sets.sel(mode=mode)) for mode in ("held", "replanned"))
    assert np.abs(anew - held).max() > 0
    minutes = anew @ np.asarray(case.minutes)
    assert np.all(minutes[:, 1] <= minutes[:, 0] * (1 + plans.GROWTH) + 1e-6)
