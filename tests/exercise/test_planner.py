"""The planner: its gradient is that of differences, its plans keep their limits, doses are equal."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_up import EXERCISES, patient, setting

from spinesim.adaptation.parameters import drawn
from spinesim.exercise import life, planner
from spinesim.exercise.population import People


@pytest.fixture(scope="module")
def case():
    """Two draws of one person over two weeks, on made-up demands."""
    given = setting()
    many = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), (patient(), life.routine()))
    each = jnp.array([one.set_minutes for one in EXERCISES])
    return planner.Case(
        People(*many), drawn(2, 5), given.responses, given.menu, each, jnp.ones(len(EXERCISES)), weeks=2
    )


@pytest.fixture(scope="module")
def choice(case):
    return planner.start_choice(case, EXERCISES, patient())


def test_the_gradient_of_the_objective_is_that_of_differences(case, choice):
    """Back through all weeks, the expectation over draws and the limits of tissue."""
    _, slope = planner.slope(choice, case)
    for name, index in (("exercise", 1), ("exercise", 2), ("sessions", ()), ("size", ())):
        value = getattr(choice, name)
        step = 1e-4 * jnp.zeros_like(value).at[index].set(1.0)
        ends = [planner.slope(replace(choice, **{name: value + s * step}), case)[0] for s in (1, -1)]
        wanted = float(ends[0] - ends[1]) / 2e-4
        assert float(getattr(slope, name)[index]) == pytest.approx(wanted, rel=1e-4, abs=1e-8)


def test_descent_goes_down(case, choice):
    _, values = planner.descend(choice, case, 6)
    assert values[-1] < values[0]


def test_a_plan_keeps_its_limits(case, choice):
    long = replace(case, weeks=12)
    mad = replace(choice, size=jnp.asarray(9.0), growth=jnp.asarray(9.0), sessions=jnp.asarray(9.0))
    plan = planner.plan_of(mad, long)
    minutes = np.asarray(plan.sets @ case.minutes)
    assert minutes.max() <= planner.MOST_MINUTES and float(plan.sessions[0]) <= 6
    assert np.max(minutes[1:] / minutes[:-1]) <= 1 + planner.GROWTH + 1e-9
    whole = planner.rounded(plan, long)
    assert np.all(np.asarray(whole.sets) % 1 == 0) and float(whole.sessions[0]) == 6
    assert np.max(whole.sets @ case.minutes) <= planner.MOST_MINUTES


def test_comparators_have_the_same_dose(case, choice):
    plan = planner.plan_of(choice, case)
    other = planner.like(replace(plan, sets=plan.sets[:, ::-1] * 3), plan, case)
    np.testing.assert_allclose(other.sets @ case.minutes, plan.sets @ case.minutes)


def test_a_wrong_profile_differs_in_nothing_but_deficits():
    right, wrong = patient(), planner.wrong_person(patient(), 3)
    assert float(wrong.pain) == float(right.pain) and not np.array_equal(wrong.deficit, right.deficit)
