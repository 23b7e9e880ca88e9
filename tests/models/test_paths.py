"""Muscle paths of the whole model: mirror images, moment arms that never jump, segments that add up."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.models.anatomy import BODIES, Model
from spinesim.models.build import lumbar_model
from spinesim.models.kinematics import Frames, shifts
from spinesim.models.paths import Segments, fascicle_lengths, lengths, place_paths
from spinesim.models.se3 import exp_rotation
from tests.joint_angles import N_ANGLES, frames, hips, joint, knees, lengths_and_arms, lumbar, path_lengths

STEP = 0.5  # degrees
SWEEPS = {
    "lumbar flexion": lumbar("z", -np.arange(-20.0, 70.1, STEP)),
    "side bending": lumbar("x", np.arange(-25.0, 25.1, STEP)),
    "trunk rotation": lumbar("y", np.arange(-15.0, 15.1, STEP)),
    "hip flexion": hips("z", np.arange(-20.0, 110.1, STEP)),
    "knee flexion": knees(np.arange(0.0, 120.1, STEP)),
    "hip flexion, knees bent": hips("z", np.arange(0.0, 110.1, STEP)) + knees(np.arange(0.0, 110.1, STEP)),
}
#: In, across and out of the surfaces, both sides different.
POSTURES = np.stack([
    np.zeros(N_ANGLES),
    lumbar("z", -50.0) + hips("z", 60.0) + knees(70.0),
    lumbar("z", 12.0) + lumbar("x", 10.0) + joint("hip_r", "z", -15.0),
    lumbar("z", -25.0) + lumbar("y", -8.0) + joint("hip_l", "z", 95.0) + joint("hip_r", "x", -20.0),
])  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Model:
    return lumbar_model()


@pytest.fixture(scope="module")
def sampled(model: Model) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Lengths and moment arms along every sweep."""
    length, arm = lengths_and_arms(model, jnp.concatenate([jnp.asarray(q) for q in SWEEPS.values()]))
    ends = np.cumsum([len(q) for q in SWEEPS.values()])[:-1]
    parts = zip(np.split(np.asarray(length), ends), np.split(np.asarray(arm), ends), strict=True)
    return dict(zip(SWEEPS, parts, strict=True))


@pytest.mark.parametrize("sweep", SWEEPS)
def test_moment_arms_never_step_by_2_mm_in_half_a_degree(sampled, model: Model, sweep: str):
    """Every fascicle about every axis of every joint."""
    step = np.abs(np.diff(sampled[sweep][1], axis=0)).max(axis=(0, 2))
    assert np.all(step < 2e-3), model.fascicles.name[int(step.argmax())]


def test_moment_arms_are_minus_the_slope_of_the_length(model: Model):
    """Central differences about every axis of every joint."""
    _, arm = lengths_and_arms(model, jnp.asarray(POSTURES))
    turn = 1e-6 * np.eye(N_ANGLES)
    ahead, behind = POSTURES[:, None] + turn, POSTURES[:, None] - turn
    measure = jax.jit(jax.vmap(jax.vmap(lambda q: path_lengths(model, q))))
    slope = (measure(jnp.asarray(ahead)) - measure(jnp.asarray(behind))) / 2e-6
    np.testing.assert_allclose(jnp.swapaxes(arm, 1, 2), -slope, atol=1e-7)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_lengths_stay_those_of_muscles(sampled, sweep: str):
    """No path collapses or runs away over the whole range of motion."""
    length, _ = sampled[sweep]
    ratio = length / sampled["side bending"][0][50]
    assert np.all((ratio > 0.3) & (ratio < 1.7))


def test_mirrored_posture_has_mirrored_lengths(model: Model):
    mirrored = POSTURES.copy()
    mirrored[:, :24].reshape(-1, 8, 3)[..., :2] *= -1
    mirrored[:, 18:24] = mirrored[:, [21, 22, 23, 18, 19, 20]]
    mirrored[:, 24:] = mirrored[:, [25, 24]]
    names = model.fascicles.name
    twin = [names.index(name[:-1] + {"r": "l", "l": "r"}[name[-1]]) for name in names]
    measure = jax.jit(jax.vmap(lambda q: path_lengths(model, q)))
    np.testing.assert_allclose(
        measure(jnp.asarray(mirrored))[:, twin], measure(jnp.asarray(POSTURES)), atol=1e-12
    )


def test_turning_everything_changes_no_length(model: Model):
    turn, move = exp_rotation(jnp.array([0.4, -1.1, 0.7])), jnp.array([0.3, -2.0, 1.0])
    posed = jax.vmap(lambda q: frames(model, q))(jnp.asarray(POSTURES))
    measure = jax.jit(jax.vmap(lambda rotation, origin: lengths(model, rotation, origin)))
    turned = measure(turn @ posed.rotation, posed.origin @ turn.T + move)
    np.testing.assert_allclose(turned, measure(posed.rotation, posed.origin), atol=1e-13)


@eqx.filter_jit
def segments_at(model: Model, posed: Frames) -> Segments:
    n_fascicles = len(model.fascicles.name)
    return place_paths(model.paths, model.wraps, n_fascicles, posed.rotation, posed.origin)


def test_unwrapped_lengths_are_those_of_the_polyline(model: Model):
    """Point by point, in plain Python, for the fascicles that meet no surface."""
    paths = model.paths
    wrapped = {paths.fascicle[before] for before in model.wraps.before}
    posed = frames(model, jnp.asarray(POSTURES[3]))
    rotation, origin, position = (np.asarray(a) for a in (posed.rotation, posed.origin, paths.position))
    expected = np.zeros(len(model.fascicles.name))
    for row in range(len(paths.fascicle) - 1):
        here, there = (
            origin[paths.body[at]] + rotation[paths.body[at]] @ position[at] for at in (row, row + 1)
        )
        if paths.fascicle[row] == paths.fascicle[row + 1]:
            expected[paths.fascicle[row]] += np.linalg.norm(there - here)
    free = [f for f in range(len(expected)) if f not in wrapped]
    length = jax.jit(lambda q: path_lengths(model, q))(jnp.asarray(POSTURES[3]))
    np.testing.assert_allclose(np.asarray(length)[free], expected[free], atol=1e-14)


def test_segments_follow_displaced_bodies_to_first_order(model: Model):
    """Moving the discs stretches the placed segments as it stretches the paths, up to second order."""
    translation = jnp.asarray(np.random.default_rng(7).normal(size=(6, 3)))

    def rates(angles):
        posed = frames(model, angles)
        segments = segments_at(model, posed)
        ways = (
            lambda t: fascicle_lengths(segments, shifts(t * translation)),
            lambda t: lengths(model, posed.rotation, posed.origin + shifts(t * translation)),
        )
        return [jax.jvp(way, (jnp.zeros(()),), (jnp.ones(()),)) for way in ways]

    placed, true = jax.jit(jax.vmap(rates))(jnp.asarray(POSTURES))
    for left, right in zip(placed, true, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-12)


def test_segments_join_different_bodies_and_carry_every_fascicle_once(model: Model):
    segments = segments_at(model, frames(model, jnp.asarray(POSTURES[1])))
    assert all(a != b for a, b in zip(segments.start_body, segments.end_body, strict=True))
    assert max(*segments.start_body, *segments.end_body) < len(BODIES)
    assert set(segments.fascicle) == set(range(len(model.fascicles.name)))
    assert set(np.unique(segments.weight)) == {0.0, 1.0}


def test_every_surface_stands_off_the_points_of_its_own_body(model: Model):
    """Ends that ride with a surface lie outside it, where it need not yield to them."""
    wraps, paths = model.wraps, model.paths
    rotation, centre, position = (np.asarray(a) for a in (wraps.rotation, wraps.centre, paths.position))
    for row, before in enumerate(wraps.before):
        for point in (before, before + 1):
            if paths.body[point] == wraps.body[row]:
                local = rotation[row].T @ (position[point] - centre[row])
                reach = np.linalg.norm(local if wraps.spherical[row] else local[:2])
                assert reach > 1.01 * wraps.radius[row], wraps.name[row]
