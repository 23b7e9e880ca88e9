"""Standing legs lean until the weight is over the feet, which stay flat."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import spinesim as ss
from spinesim.models.kinematics import SHANKS, at
from spinesim.models.loads import body_wrenches
from spinesim.models.stance import body_frames, contact_points, sole_side

few = settings(max_examples=12, deadline=None)
MODEL = ss.lumbar_model()


@eqx.filter_jit
def framed(task):
    return body_frames(MODEL, task.posture, task.loads)


@eqx.filter_jit
def over_the_feet(task):
    """Horizontal place of the weight and of the middle of the standing soles, forward and right [m]."""
    frames = body_frames(MODEL, task.posture, task.loads)
    force, moment = body_wrenches(MODEL, task.loads, frames).total()
    about_pelvis = jnp.sum(moment + jnp.cross(frames.origin, force), axis=0) @ frames.world
    down = jnp.sum(force, axis=0) @ frames.world
    weight = jnp.array([about_pelvis[2] / down[1], -about_pelvis[0] / down[1]])
    soles = sole_side(MODEL.contacts) * task.posture.supports.active[:, None]
    count = jnp.sum(soles, axis=0)
    feet = soles.T @ (contact_points(MODEL, frames) @ frames.world) / jnp.maximum(count, 1)[:, None]
    stands = count > 0
    middle = stands @ feet / jnp.sum(stands)
    return weight, middle[jnp.array([0, 2])]


@given(st.floats(0, 60), st.floats(0, 15))
@few
def test_bending_and_lifting_keep_the_weight_over_the_feet(flexion, load):
    weight, middle = over_the_feet(ss.Task(ss.Posture.flexed(flexion), hand_load_kg=load))
    np.testing.assert_allclose(weight[0], middle[0], atol=1e-9)


@given(st.sampled_from(["r", "l"]), st.floats(0, 5))
@few
def test_one_leg_stands_under_the_weight(side, load):
    weight, middle = over_the_feet(ss.Task(ss.Posture.single_leg(side), hand_load_kg=(load, 0.0)))
    np.testing.assert_allclose(weight, middle, atol=1e-9)


@given(st.floats(-15, 60))
@few
def test_soles_are_level_and_one_floor(flexion):
    frames = framed(ss.Task(ss.Posture.flexed(flexion)))
    soles = sole_side(MODEL.contacts).any(axis=1)
    height = (contact_points(MODEL, frames) @ frames.world)[soles, 1]
    np.testing.assert_allclose(height, height[0], atol=1e-12)


def test_leaning_turns_the_legs_as_a_whole_about_the_hips():
    task = ss.Task(ss.Posture.stoop(50), hand_load_kg=15)
    loose = framed(task)
    drawn = framed(eqx.tree_at(lambda t: t.posture.balance, task, jnp.zeros(2)))
    for shank in SHANKS:
        femur = shank - 2
        np.testing.assert_allclose(loose.origin[femur], drawn.origin[femur], atol=1e-15)
        turn = loose.rotation[femur] @ drawn.rotation[femur].T
        np.testing.assert_allclose(turn @ drawn.rotation[shank], loose.rotation[shank], atol=1e-14)
    ankles = [at(frames, SHANKS, MODEL.ankle) - frames.origin[12:14] for frames in (loose, drawn)]
    lengths = [jnp.linalg.norm(reach, axis=1) for reach in ankles]
    np.testing.assert_allclose(*lengths, atol=1e-14)
