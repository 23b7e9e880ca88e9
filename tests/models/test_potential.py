"""Motions against the posture they describe, energies against closed forms."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.anatomy import BODIES
from spinesim.models.kinematics import SPINE_OUTBOARD, upright_frames
from spinesim.models.potential import (
    FLESH,
    N_MOTION,
    N_ROTATION,
    SOURCES,
    SPINE,
    TILT,
    Balanced,
    energies,
    lengths,
    place_after,
    tensions,
)
from spinesim.models.se3 import exp_rotation
from tests.placing import column, place
from tests.turning import angles_of

SPINAL = (*BODIES[1:8], "abdomen")
REST = jnp.zeros(N_MOTION)


def turned(**parts):
    """A motion of the levels alone."""
    motion = np.zeros(N_MOTION)
    motion[TILT:N_ROTATION] = np.ravel(parts.get("rotation", np.zeros(3 * SPINE)))
    motion[N_ROTATION:] = np.ravel(parts.get("translation", np.zeros(3 * SPINE)))
    return jnp.asarray(motion)


@pytest.fixture(scope="module")
def task():
    return ss.Task(ss.Posture.twisted(8), hand_load_kg=(6.0, 0.0))


@pytest.fixture(scope="module")
def state(model, task):
    """A body as it would be in some balance, its supports pushing anyhow."""
    random = np.random.default_rng(0)
    placement = place(model, task)
    return Balanced(
        model=model,
        loads=task.loads,
        placement=placement,
        translation=jnp.zeros((SPINE, 3)),
        activation=jnp.asarray(random.uniform(0, 0.2, model.fascicles.max_force.shape)),
        pressure=jnp.asarray(3e3),
        reaction=jnp.asarray(random.normal(0, 10, (len(model.contacts.name), 3))),
    )


def test_a_motion_is_the_posture_it_describes(model, task, state):
    """Rotations of any size: the bodies come to stand where kinematics says."""
    rotation = jnp.asarray(np.random.default_rng(1).normal(0, 0.15, (SPINE, 3)))
    lower = state.placement.frames.rotation[:SPINE]
    local = jnp.einsum("jba,jb->ja", lower, rotation)
    levels = jax.vmap(lambda w, r: angles_of(exp_rotation(w) @ r))(local, state.placement.level_rotation)
    frames = upright_frames(model, eqx.tree_at(lambda p: p.levels, task.posture, levels))
    motion = turned(rotation=rotation)
    for name in SPINAL:
        body, point = BODIES.index(name), jnp.array([0.03, -0.02, 0.05])
        want = frames.origin[body] + frames.rotation[body] @ point
        np.testing.assert_allclose(place_after(state, motion, name, point), want, rtol=0, atol=1e-12)


def test_tilt_turns_the_pelvis_about_the_hips_and_leaves_the_legs(state):
    motion = REST.at[0].set(0.3)
    for name in ("femur_r", "femur_l", "shank_foot_r"):
        still = place_after(state, REST, name, jnp.array([0.0, -0.1, 0.0]))
        np.testing.assert_allclose(place_after(state, motion, name, jnp.array([0.0, -0.1, 0.0])), still)
    hips = [state.placement.frames.origin[BODIES.index(name)] for name in ("femur_r", "femur_l")]
    for hip in hips:
        np.testing.assert_allclose(place_after(state, motion, "pelvis", hip), hip, atol=1e-14)


def test_gravity_topples_a_level_by_weight_times_height(model, state):
    """- f . w x (w x r) / 2 summed over what lies above the level."""

    top = SPINE - 1
    own = slice(TILT + 3 * top, N_ROTATION)

    @jax.jit
    @jax.hessian
    def stiffness_of(rotation):
        return energies(state, REST.at[own].set(rotation))[0][SOURCES.index("gravity")]

    stiffness = stiffness_of(jnp.zeros(3))
    frames = state.placement.frames
    centre = frames.origin + jnp.einsum("bij,bj->bi", frames.rotation, model.bodies.com)
    beyond = SPINE_OUTBOARD[top]
    arm = (beyond * model.bodies.mass) @ (centre - frames.origin[top + 1])
    down = frames.world @ state.loads.gravity
    want = (down @ arm) * jnp.eye(3) - (jnp.outer(arm, down) + jnp.outer(down, arm)) / 2
    np.testing.assert_allclose(stiffness, want, rtol=0, atol=1e-9)


def test_muscles_shorten_by_their_moment_arms(model, state):
    arms = column(state.placement, state.translation).moment[:, :SPINE]
    slope = jax.jit(jax.jacfwd(lambda motion: lengths(state, motion)))(REST)[:, TILT:N_ROTATION]
    np.testing.assert_allclose(slope.reshape(-1, SPINE, 3), -arms, rtol=0, atol=1e-12)


def test_a_support_gives_way_like_its_flesh(state):
    """A translation of the lowest level carries every contact above it along."""
    carried = SPINE_OUTBOARD[0][np.array(state.model.contacts.body)]
    normal = np.einsum("ca,ca->c", state.reaction, state.placement.reactions.axes[:, :, 0])
    step = jnp.array([1e-3, 2e-3, -1e-3])
    motion = turned(translation=np.concatenate([step, np.zeros(15)]))
    held = energies(state, motion)[0][SOURCES.index("support")]
    want = (carried @ normal) / FLESH * (step @ step) / 2 - carried @ (state.reaction @ step)
    np.testing.assert_allclose(held, want, rtol=1e-12)


def test_short_range_stiffness_is_that_of_the_active_force_alone(state):
    silent, springs = tensions(state._replace(activation=jnp.zeros_like(state.activation)))
    assert not np.any(springs.per_gain) and np.all(silent >= 0)
    tension, springs = tensions(state)
    length = lengths(state, REST)[:-1]
    np.testing.assert_allclose(springs.per_gain * length, tension - silent, rtol=1e-9, atol=1e-9)
