"""The least co-contraction: it reaches its margin, and nothing cheaper of another kind does."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.solvers import stiffening
from spinesim.solvers.stability import stability
from spinesim.solvers.stiffening import Reach, Rewarded, stiffen
from spinesim.validation.trunk import lesser_side
from tests.solving import row, stacked

pytestmark = pytest.mark.slow
MARGINS = (0.0, 10.0, 500.0)
FLEXED = ss.Task(ss.Posture.flexed(trunk_flexion_deg=30))


@pytest.fixture(scope="module")
def task():
    return ss.task("standing")


def stiff(model, gain):
    """The body with its short-range stiffness times a gain."""
    return eqx.tree_at(lambda m: m.fascicles.short_range, model, gain * model.fascicles.short_range)


@pytest.fixture(scope="module")
def yielding(model):
    """A body whose muscles are a third as stiff: upright, least effort does not hold it."""
    return stiff(model, 1 / 3)


@pytest.fixture(scope="module")
def batch(model, task):
    """The margins upright, what a flexed trunk has anyway, and an upright one of full stiffness, twice.

    Side by side in twos: all at once would wait for the slowest, whose partner here asks for nothing.
    """
    tasks = stacked([task] * len(MARGINS) + [FLEXED, task, task])
    margins = jnp.array([*MARGINS, 5.0, 0.0, 0.0])
    gains = jnp.ones(len(margins)).at[:-2].set(1 / 3)

    def one(gain, task, margin):
        return stiffen(stiff(model, gain), task, margin)

    both = eqx.filter_jit(eqx.filter_vmap(one))
    twos = [both(*row((gains, tasks, margins), slice(at, at + 2))) for at in range(0, len(margins), 2)]
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *twos)


@pytest.fixture(scope="module")
def stiffened(batch):
    return jax.tree.map(lambda leaf: leaf[: len(MARGINS)], batch)


def effort(activation):
    return 0.5 * jnp.sum(activation**2, axis=-1)


@pytest.mark.parametrize("margin", [np.nan, -5.0, np.inf])
def test_a_margin_that_is_none_is_told(model, task, margin):
    with pytest.raises(ValueError, match="margin must lie between 0 and 100000"):
        stiffen(model, task, margin)


@pytest.mark.usefixtures("unchecked")
def test_every_margin_takes_the_same_program(model, task, monkeypatch):
    asked = []
    monkeypatch.setattr(stiffening, "_stiffened", lambda *given: asked.append(given))
    for margin in (40, 40.0, np.float64(2.0)):
        stiffen(model, task, margin)
    assert len({jax.tree.structure(given) for given in asked}) == 1
    assert all(eqx.is_array(leaf) for leaf in jax.tree.leaves([given[2] for given in asked]))


def test_the_margin_is_reached_and_no_more(stiffened):
    held = stiffened.stability.stability_eigenvalue[:2]
    np.testing.assert_allclose(held, MARGINS[:2], rtol=0, atol=0.05)
    assert list(stiffened.status == Reach.reached) == [True, True, False]
    assert (stiffened.status == Reach.unreachable)[2]


def test_a_greater_margin_takes_more_effort(stiffened):
    cost = effort(stiffened.equilibrium.activation)
    assert cost[0] < cost[1] < cost[2]
    assert np.all(np.asarray(stiffened.multiplier) > 0)


def test_a_floor_for_all_muscles_costs_more(yielding, task, stiffened):
    """The same margin by uniform co-contraction, its floor found on a grid."""

    def prescribed(floor):
        solution = ss.solve(yielding, task, objective=ss.Effort(floor=floor))
        return effort(solution.activation), stability(yielding, task, solution).stability_eigenvalue

    cost, margin = np.array([prescribed(floor) for floor in np.linspace(0.0, 0.08, 17)]).T
    assert (margin >= 0).any()
    predicted = effort(stiffened.equilibrium.activation[0])
    assert predicted < cost[margin >= 0].min()


def test_a_stable_balance_is_left_alone(model, batch, solved):
    """Whatever the rest of its batch needs."""
    held = row(batch, len(MARGINS))
    np.testing.assert_allclose(held.co_contraction, 0, atol=1e-9)
    assert held.status == Reach.reached and not held.multiplier
    np.testing.assert_allclose(held.equilibrium.activation, solved(FLEXED).activation, atol=1e-7)


def test_an_upright_trunk_keeps_the_co_contraction_of_the_scoreboard(model, batch):
    """Row `coact_0`: what least effort has upright; stability asks for no more."""
    activation = row(batch, len(MARGINS) + 1).equilibrium.activation
    assert 100 * float(lesser_side(model, activation)) == pytest.approx(1.08, rel=0.05)


def test_rewards_shift_the_drive():
    """min a^2 / 2 - x a - r a has its root at x + r."""
    reward = jnp.array([0.1, 0.3, -0.2])
    one = jnp.ones(3)
    objective = Rewarded(ss.Effort(), reward)
    found = objective.recruit(jnp.array([0.2, 0.2, 0.1]), one, one).activation
    np.testing.assert_allclose(found, [0.3, 0.5, 0.0])
    slope = jax.grad(lambda a: objective.cost(a, one, one))(found)
    np.testing.assert_allclose(slope[:2], [0.2, 0.2])
