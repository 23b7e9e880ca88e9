"""The dual solve against programmes built from their answer, and against one done by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.solvers import dual

PRICES = 6
TOLERANCE = jnp.full(PRICES, 1e-10)
OBJECTIVES = {
    "squares": ss.Effort(),
    "cubes": ss.Effort(power=3),
    "fourth powers": ss.Effort(power=4, floor=0.05),
    "least top": ss.MinMax(rest=1.0),
    "tracking": ss.Tracking(jnp.linspace(0, 0.5, 40)),
}


def programme(objective, seed):
    """min cost(a) + r^2 / (2 soft) with rows a + r = target, written so that its prices are known."""
    random = np.random.default_rng(seed)
    rows = jnp.asarray(random.normal(size=(PRICES, 40)))
    weight = jnp.asarray(random.uniform(0.5, 2.0, 40))
    cap = jnp.asarray(random.uniform(0.3, 1.0, 40))
    prices = jnp.asarray(0.2 * random.normal(size=PRICES))
    soft = 1e-3
    activation = objective.recruit(-prices @ rows, weight, cap).activation
    target = rows @ activation - soft * prices

    def descent(at):
        answer = objective.recruit(-at @ rows, weight, cap)
        return rows @ answer.activation - soft * at - target, answer

    def hessian(answer):
        curved = rows @ (answer.slope[:, None] * rows.T) + soft * jnp.eye(PRICES)
        if answer.shared is None:
            return curved
        shared = rows @ answer.shared
        return curved + answer.gain * jnp.outer(shared, shared)

    def along(start, direction):
        return lambda step: -descent(start + step * direction)[0] @ direction

    return dual.Convex(descent, hessian, along), prices, activation, (rows, weight, cap, target)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_answer_is_found_again(name):
    for seed in range(3):
        function, prices, activation, (rows, weight, cap, target) = programme(OBJECTIVES[name], seed)
        free = rows @ (rows / weight).T + 1e-3 * jnp.eye(PRICES)
        guess = -jnp.linalg.solve(free, target)  # as if every fascicle were at work
        found, left, trials = dual.solve(function, guess, TOLERANCE, 200)
        assert jnp.all(jnp.abs(left) <= TOLERANCE) and trials < 200
        np.testing.assert_allclose(found, prices, rtol=0, atol=1e-6)
        again = OBJECTIVES[name].recruit(-found @ rows, weight, cap).activation
        np.testing.assert_allclose(again, activation, rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_no_other_sharing_of_the_same_work_is_cheaper(name):
    """Fascicles between their bounds moved along the null space of their rows."""
    objective = OBJECTIVES[name]
    _, _, activation, (rows, weight, cap, _) = programme(objective, 5)
    floor = float(getattr(objective, "floor", 0.0))
    free = np.flatnonzero((activation > floor) & (activation < cap))
    null = np.linalg.svd(np.asarray(rows[:, free]))[2][PRICES:]
    room = np.minimum(activation - floor, cap - activation)[free]
    best, random = objective.cost(activation, weight, cap), np.random.default_rng(0)
    for size in np.geomspace(1e-3, 1.0, 30):
        way = random.normal(size=len(null)) @ null
        step = size * np.min(room / np.abs(way)) * way
        assert objective.cost(activation.at[free].add(step), weight, cap) > best


def test_two_muscles_share_by_arm_and_by_weight():
    """By hand: a = m (r / w) / sum(r^2 / w) for squares; for cubes in proportion to sqrt(r / w)."""
    arms, weight, cap = jnp.array([0.05, 0.02]), jnp.array([1.0, 2.0]), jnp.ones(2)
    price = 0.7
    squares = ss.Effort().recruit(price * arms, weight, cap).activation
    moment = arms @ squares
    np.testing.assert_allclose(squares, moment / jnp.sum(arms**2 / weight) * arms / weight, rtol=1e-14)
    cubes = ss.Effort(power=3, softening=0.0).recruit(price * arms, weight, cap).activation
    np.testing.assert_allclose(cubes[0] / cubes[1], jnp.sqrt(0.05 / (0.02 / 2)), rtol=1e-12)


@pytest.mark.parametrize("lowest", [1e-3, 0.3, 1.0, 40.0, 3e3])
def test_the_end_of_a_line_search_is_flat(lowest):
    """A fifth as steep as at the start at most; kinked at 0.2, lowest near the gate and far beyond it."""

    def slope(step):
        return jnp.where(step > 0.2, 3.0, 1.0) * (step - 0.2) + 0.2 + jnp.sqrt(step) - offset

    offset = 0.0
    offset = slope(jnp.asarray(lowest))
    end = dual.lowest(slope, slope(jnp.zeros(())), slope(jnp.ones(())))
    assert abs(slope(end)) <= 0.2 * abs(slope(jnp.zeros(())))
