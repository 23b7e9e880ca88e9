"""The planner: its gradient is that of differences, its plans keep their limits, doses are equal."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
from made_up import EXERCISES, patient, responses, setting

from spinesim.adaptation.parameters import drawn, parameters
from spinesim.exercise import comparators, dose, gate, life, objective, plans, replanning
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


def moved(choice, step, by):
    """The choice, so far along a step."""
    return jax.tree.map(lambda value, part: value + by * part, choice, step)


@pytest.fixture(scope="module")
def elsewhere(choice):
    """Another choice: uneven shares, heavier, growing, more often."""
    step = plans.Choice(
        jnp.array([0.7, -0.4, -0.2]), jnp.array([0.5, 0.2, 0.1]), *map(jnp.asarray, (0.3, 0.6, -0.5))
    )
    return moved(choice, step, 1.0)


@pytest.mark.parametrize("where", ["start", "elsewhere"])
def test_the_gradient_of_the_objective_is_that_of_differences(case, choice, elsewhere, where):
    """Back through all weeks, the expectation over draws, the gate, the limits of tissue: every number."""
    at = choice if where == "start" else elsewhere
    _, slope = objective.slope(at, case)
    flat, build = jax.flatten_util.ravel_pytree(at)
    given, _ = jax.flatten_util.ravel_pytree(slope)
    loaded = np.concatenate([np.ones(3), np.asarray(case.loaded), np.ones(3)])
    for index in range(len(flat)):
        step = 1e-4 * jnp.zeros_like(flat).at[index].set(1.0)
        ends = [objective.slope(build(flat + sign * step), case)[0] for sign in (1, -1)]
        assert float(given[index]) == pytest.approx(float(ends[0] - ends[1]) / 2e-4, rel=1e-4, abs=1e-7)
    assert np.all((np.asarray(given) != 0) == (loaded > 0))  # what has no load has no slope


@pytest.fixture(scope="module")
def best(case, choice):
    return objective.descend(choice, case, 15)


def test_descent_goes_down_and_keeps_the_lowest(case, best):
    found, values = best
    assert values[-1] < values[0]
    assert float(objective.slope(found, case)[0]) == pytest.approx(min(values), rel=1e-9)


def test_descent_ends_at_the_same_plan_wherever_it_starts(case, elsewhere, best):
    _, values = objective.descend(elsewhere, case, 30)
    assert min(values) == pytest.approx(min(best[1]), abs=0.3)


def test_the_optimum_beats_chance_and_the_match_on_draws_it_has_not_seen(case, choice, best):
    """Plans of the same minutes; the best of chance comes near it, where there are but three exercises."""
    fresh = replace(case, p=drawn(2, 77))
    plan = plans.plan_of(best[0], case)
    match = plans.like(plans.plan_of(choice, case), plan, case)
    drawn_ = comparators.random_plans(30, case, plan, 5).values()
    mine, matched, *chance = (float(_cost(one, fresh)) for one in (plan, match, *drawn_))
    assert mine <= matched + 0.02 and mine < np.quantile(chance, 0.1)
    assert max(chance) - min(chance) > 0.2  # the choice of exercises matters


_cost = eqx.filter_jit(objective.cost)


def test_a_plan_keeps_its_limits(case, choice):
    long = replace(case, weeks=12)
    mad = replace(choice, size=jnp.asarray(9.0), growth=jnp.asarray(9.0), sessions=jnp.asarray(9.0))
    plan = plans.plan_of(mad, long)
    minutes = np.asarray(plan.sets @ case.minutes)
    assert minutes.max() <= plans.MOST_MINUTES and float(plan.sessions[0]) <= plans.MOST
    one_sided = plans.plan_of(replace(mad, exercise=mad.exercise.at[1].add(9.0)), long)
    assert float(one_sided.sets.max()) == plans.MOST_SETS
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


def test_evenness_is_that_of_the_minutes(case, choice):
    """Equal minutes of three exercises are the most; nothing done is none."""
    short = replace(choice, exercise=0 * choice.exercise, size=choice.size - 3)  # no exercise at its most
    plan = plans.plan_of(short, case)
    assert float(objective.evenness(plan, case)) == pytest.approx(np.log(3))
    assert float(objective.evenness(plans.plan_of(choice, case), case)) < np.log(3) - 0.1
    assert float(objective.evenness(replace(plan, sets=0 * plan.sets), case)) == 0


def test_a_wrong_profile_differs_in_nothing_but_deficits():
    right, wrong = patient(), comparators.wrong_person(patient(), 3)
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
