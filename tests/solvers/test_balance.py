"""The assembled Jacobian is the derivative of the residual, wherever the unknowns are."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.solvers import balance, jacobian, sharing
from spinesim.solvers.balance import N_FORCE, N_MOMENT, N_ROWS, N_WHOLE
from spinesim.solvers.equilibrium import problem
from tests.solving import stacked

#: Muscles, facets and supports of every kind at work.
TASKS = (
    ss.task("carry_one_side"),
    ss.task("single_leg_stance"),
    ss.task("stoop_lift"),
    ss.task("leaning_back"),
    ss.task("lying_on_side"),
    ss.task("axial_rotation", hands="far"),
)
OBJECTIVES = {
    "squares by stress": ss.Effort(weighting="stress", floor=0.02),
    "cubes by volume": ss.Effort(power=3, weighting="volume"),
    "least top": ss.MinMax(),
    "tracking": ss.Tracking(jnp.linspace(0.0, 0.3, len(ss.lumbar_model().fascicles.name))),
}


def unknowns():
    """Discs within some mm; prices that leave some fascicles silent, some at work and some saturated."""
    scale = np.concatenate([np.full(N_FORCE, 1e-3), np.full(N_MOMENT, 0.03), np.full(N_WHOLE, 1e-3)])
    return jnp.asarray(scale * np.random.default_rng(1).normal(size=(len(TASKS), N_ROWS)))


@eqx.filter_jit
def _derivatives(model, tasks, at):
    """Assembled and differentiated: Jacobian of the residual, and Hessian of the dual; and who works.

    All objectives in one program, which compiles what they share once.
    """

    def one(task, at, objective):
        case = problem(model, task, objective)
        translation, multipliers = balance.unpack(at)
        posed = balance.pose(case, translation)
        tissue, stiffness = balance.tissue_answer(case, translation)

        def rows(multipliers):
            return balance.multiplier_rows(case, posed, tissue, multipliers)

        dual = sharing.programme(case, posed, tissue)
        slope = dual.along(multipliers, -multipliers)

        return {
            "jacobian": jacobian.assemble(case, posed, stiffness, multipliers),
            "of residual": jax.jacfwd(lambda at: balance.residual(case, at))(at),
            "hessian": dual.hessian(dual.descent(multipliers)[1]),
            "of rows": -jax.jacfwd(rows)(multipliers),
            "slope along": slope(jnp.asarray(0.3)),
            "of rows along": rows(0.7 * multipliers) @ multipliers,
            "activation": balance.recruit(case, posed, multipliers).activation,
            "contact": balance.support_reactions(case, posed, multipliers).force,
        }

    def each(task, at):
        return {name: one(task, at, objective) for name, objective in OBJECTIVES.items()}

    return jax.vmap(each)(tasks, at)


@pytest.fixture(scope="module")
def derivatives(model):
    return _derivatives(model, stacked(TASKS), unknowns())


def near(got, want):
    """Equal to 1e-10 of the largest entry of the row."""
    scale = np.max(np.abs(want), axis=-1, keepdims=True)
    np.testing.assert_allclose(got / scale, want / scale, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_assembled_derivatives_are_the_derivatives(derivatives, name):
    found = derivatives[name]
    near(found["jacobian"], found["of residual"])
    near(found["hessian"], found["of rows"])
    np.testing.assert_allclose(found["slope along"], found["of rows along"], rtol=1e-11)


def test_the_points_lie_where_muscles_saturate_and_contacts_open(derivatives):
    found = derivatives["squares by stress"]
    silent, full = found["activation"] <= 0.02, found["activation"] == 1
    for kind in (silent, full, ~silent & ~full):
        assert np.all(np.any(kind, axis=1))
    pushes = np.any(found["contact"] != 0, axis=2)
    held = stacked(TASKS).posture.supports.active > 0
    assert np.all(np.any(pushes, axis=1)) and np.any(held & ~pushes)


@pytest.mark.parametrize("share", [-3.0, -1.1, -0.5, 0.9, 1.2, 2.0])
def test_the_reserve_yields_beyond_its_price(share):
    """Stiff below the price, at the full yielding a quarter of it further on, its slope the derivative."""
    at = jnp.asarray(share * balance.HELD_PRICE)
    force, slope = balance.reserve(at)
    _, change = jax.jvp(lambda m: balance.reserve(m)[0], (at,), (jnp.ones_like(at),))
    np.testing.assert_allclose(slope, -change, rtol=1e-14)
    if abs(share) < 1:
        np.testing.assert_allclose(force, -balance.RIGID * at, rtol=1e-14)
    if abs(share) > 1.25:
        np.testing.assert_allclose(slope, balance.RIGID + balance.YIELDING, rtol=1e-14)
