"""The margin of a balance: stationary where it is taken, its parts its sum, blind to frames and sides."""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.groups import REPORTED
from spinesim.models.potential import N_MOTION, N_ROTATION, SPINE, TILT, energies, lengths, tensions
from spinesim.solvers.probes import MUSCLES, knock_out, point_stiffness
from spinesim.solvers.stability import Stability, Steadiness, balanced, stability, tangent
from tests.laws.test_frames_and_units import turned
from tests.laws.test_symmetry import mirrored_task, partners
from tests.solving import row, solve_all, stacked

BENT = ss.Task(ss.Posture.bent(12), hand_load_kg=(5.0, 0.0))
CASES = {
    "standing": ss.task("standing"),
    "flexed": ss.Task(ss.Posture.flexed(trunk_flexion_deg=30)),
    "loaded": ss.Task(ss.Posture.flexed(trunk_flexion_deg=40), hand_load_kg=18.4),
    "bent": BENT,
    "lying": ss.task("lying_on_side"),
    "turned": turned(ss.task("lying_on_side")),
    "overloaded": ss.task("hold_far", hand_load_kg=120),
}
#: The last stands upright on muscles that are a third as stiff.
NAMES = (*CASES, "mirrored", "yielding")


@pytest.fixture(scope="module")
def tasks(model):
    return [*CASES.values(), mirrored_task(model, BENT), CASES["standing"]]


@pytest.fixture(scope="module")
def solutions(model, tasks):
    return solve_all(model, tasks)


def margins_of(model, short_range, tasks, solutions):
    """Stability of every case with a short-range stiffness of its own; one by one, by one program."""
    cases = zip(short_range, tasks, map(partial(row, solutions), range(len(tasks))), strict=True)
    return stacked(
        [
            stability(eqx.tree_at(lambda m: m.fascicles.short_range, model, own), task, solution)
            for own, task, solution in cases
        ]
    )


@pytest.fixture(scope="module")
def margins(model, tasks, solutions):
    whole = model.fascicles.short_range
    return margins_of(model, [whole] * (len(NAMES) - 1) + [whole / 3], tasks, solutions)


def case(tree, name):
    return row(tree, NAMES.index(name))


@pytest.fixture(scope="module")
def state(model, solutions):
    return balanced(model, CASES["flexed"], case(solutions, "flexed"))


def energy(state, motion, gain=1.0):
    """Potential with the springs of the muscles written out."""
    tension, springs = tensions(state)
    stretch = (lengths(state, motion) - lengths(state, jnp.zeros(N_MOTION)))[:-1]
    stiffness = gain * state.model.fascicles.short_range * springs.per_gain + springs.passive
    return jnp.sum(energies(state, motion)[0]) + jnp.sum(tension * stretch + stiffness * stretch**2 / 2)


class Probed(NamedTuple):
    """What the tests ask of one balance, compiled together."""

    whole: jax.Array
    force: jax.Array  # slope of the energy in balance and a step to each side
    loss: jax.Array
    point: jax.Array


@pytest.fixture(scope="module")
def step():
    size = np.where(np.arange(N_MOTION) < N_ROTATION, 1e-5, 1e-7)
    return jnp.asarray(size * np.random.default_rng(0).normal(size=N_MOTION))


@pytest.fixture(scope="module")
def probed(state, step):
    @jax.jit
    def probe(state):
        high, low, ahead = jnp.array([0.0, 0.2, 0.0]), jnp.zeros(3), jnp.array([1.0, 0.0, 0.0])
        pushes = (("thorax", high, ahead), ("thorax", high, -2 * ahead), ("L5", low, ahead))
        return Probed(
            whole=tangent(state).whole,
            force=jax.lax.map(lambda at: jax.grad(energy, 1)(state, at), jnp.stack([0 * step, step, -step])),
            loss=knock_out(state),
            point=jnp.stack([point_stiffness(state, *push) for push in pushes]),
        )

    return probe(state)


def test_a_balance_is_stationary_but_for_its_reserve(probed, solutions):
    """Every generalised force vanishes; the reserve is what the solve itself reports as missing."""
    slope = probed.force[0]
    missing = case(solutions, "flexed").reserve_moment[:SPINE].reshape(-1)
    np.testing.assert_allclose(slope[TILT:N_ROTATION], missing, rtol=0, atol=1e-8)
    np.testing.assert_allclose(slope[N_ROTATION:], 0, rtol=0, atol=1e-6)
    assert abs(slope[0]) < 1e-3


def test_stiffness_is_the_slope_of_the_generalised_forces(probed, step):
    """Along a random motion, against a central difference; symmetric to rounding."""
    whole = probed.whole
    difference, want = (probed.force[1] - probed.force[2]) / 2, whole @ step
    np.testing.assert_allclose(difference, want, rtol=0, atol=1e-5 * float(jnp.abs(want).max()))
    np.testing.assert_allclose(whole, whole.T, rtol=0, atol=1e-12 * float(jnp.abs(whole).max()))


def test_margins_are_the_sum_of_their_parts(margins):
    total = jnp.sum(margins.margin_source, axis=1) + jnp.sum(margins.margin_group, axis=1)
    np.testing.assert_allclose(total, margins.stability_eigenvalue, rtol=0, atol=1e-8)
    np.testing.assert_allclose(jnp.sum(margins.mode_rotation**2, axis=(1, 2)), 1, rtol=1e-12)


def test_the_eigenvalue_vanishes_at_the_critical_q(model, margins, tasks, solutions):
    """Asked again of bodies whose muscles all have that q."""
    q = margins.critical_q
    assert 0 < case(margins, "flexed").critical_q < case(margins, "standing").critical_q
    gains = q[:, None] * jnp.ones_like(model.fascicles.short_range)
    found = margins_of(model, gains, tasks, solutions).stability_eigenvalue
    assert np.all(np.abs(found)[(q > 0) & jnp.isfinite(q)] < 1e-6)


def test_turning_body_and_world_together_changes_nothing(margins):
    still, moved = case(margins, "lying"), case(margins, "turned")
    for name in ("stability_eigenvalue", "stability_index", "margin_source", "margin_group", "mode_rotation"):
        np.testing.assert_allclose(
            getattr(moved, name), getattr(still, name), rtol=0, atol=1e-4, err_msg=name
        )


def test_a_mirrored_case_has_the_mirrored_mode(margins):
    one, other = case(margins, "bent"), case(margins, "mirrored")
    np.testing.assert_allclose(other.stability_eigenvalue, one.stability_eigenvalue, rtol=1e-8)
    np.testing.assert_allclose(other.critical_q, one.critical_q, rtol=1e-6)
    np.testing.assert_allclose(other.margin_group, one.margin_group[partners(REPORTED)], rtol=0, atol=1e-6)
    turned = jnp.array([-1.0, -1.0, 1.0]) * one.mode_rotation
    assert abs(jnp.vdot(turned, other.mode_rotation)) > 1 - 1e-9  # a mode has no sense


def test_what_is_known_of_loaded_and_unloaded_spines(margins):
    """Arjmand and Shirazi-Adl (2006): loaded and flexed, next to no muscle stiffness is needed.

    Upright the moments alone call for so little muscle that it must be stiff to stand on (Cholewicki 1997).
    """
    assert case(margins, "loaded").critical_q < 3
    assert 10 < case(margins, "standing").critical_q < 25
    assert case(margins, "yielding").stability_eigenvalue < 0 < case(margins, "standing").stability_eigenvalue


def test_a_status_says_whether_it_stands(margins):
    assert case(margins, "flexed").status == Steadiness.stable
    assert case(margins, "standing").status == Steadiness.stable
    assert case(margins, "yielding").status == Steadiness.unstable
    assert case(margins, "overloaded").status == Steadiness.unsolved


def test_results_say_themselves(model, margins):
    flexed = case(margins, "flexed")
    assert "least eigenvalue" in repr(flexed) and "flexion" in repr(flexed)
    ds = margins.to_dataset(model, batch=("case",))
    assert ds.margin_group.dims == ("case", "group") and ds.margin_source.attrs["units"] == "N m/rad"
    assert "unstable" in ds.status.values


def test_no_single_group_carries_the_spine(probed):
    """Cholewicki and VanVliet (2002): 30 % at most; what does not cross the spine takes nothing."""
    loss = dict(zip(MUSCLES, np.asarray(probed.loss), strict=True))
    assert abs(loss["gluteus_maximus"]) < 1e-9 and abs(loss["hamstrings"]) < 1e-9
    assert 0.02 < max(loss.values()) < 0.30


def test_a_point_is_as_stiff_pushed_as_pulled(probed):
    """However hard, and stiffer the nearer to the pelvis."""
    ahead, back, low = probed.point
    np.testing.assert_allclose(ahead, back, rtol=1e-10)
    assert 0 < ahead < low


@pytest.mark.slow
def test_derivatives_of_the_margin_by_activation(model, solutions):
    """Against central differences along a random direction of the activations."""
    task, solution = CASES["flexed"], case(solutions, "flexed")

    @eqx.filter_jit
    def least(activation):
        acted = eqx.tree_at(lambda s: s.activation, solution, activation)
        result: Stability = stability(model, task, acted)
        return result.stability_eigenvalue

    direction = jnp.asarray(np.random.default_rng(2).normal(size=solution.activation.shape))
    _, slope = jax.jvp(least, (solution.activation,), (direction,))
    step = 1e-4
    up, down = (least(solution.activation + sign * step * direction) for sign in (1, -1))
    np.testing.assert_allclose(slope, (up - down) / (2 * step), rtol=1e-5)
