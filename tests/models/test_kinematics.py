"""Bodies hang on their joints, and the discs carry along what lies above them."""

import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.anatomy import BODIES, LEVELS, PARENTS
from spinesim.models.kinematics import ABDOMEN, FEMURS, JOINT_BODY, OUTBOARD, at, shifts, upright_frames
from spinesim.models.se3 import about_z

POSTURES = (ss.Posture.standing(), ss.Posture.twisted(12), ss.Posture.lying_on_side(), ss.Posture.squat())


@pytest.mark.parametrize("posture", POSTURES)
def test_every_body_is_jointed_to_its_parent(model, posture):
    frames = upright_frames(model, posture)
    np.testing.assert_allclose(
        jnp.einsum("bij,bkj->bik", frames.rotation, frames.rotation), np.broadcast_to(np.eye(3), (17, 3, 3)),
        atol=1e-14,
    )  # fmt: skip
    for body in range(1, len(BODIES)):
        joint = at(frames, (PARENTS[body],), model.bodies.joint[body][None])[0]
        np.testing.assert_allclose(frames.origin[body], joint, atol=1e-15)


def test_thighs_stand_in_the_world_whatever_the_pelvis_does(model):
    frames = upright_frames(model, ss.Posture.squat(80, 60))
    for femur in FEMURS:
        seen = frames.world.T @ frames.rotation[femur]
        np.testing.assert_allclose(seen, about_z(jnp.deg2rad(jnp.array(0.7 * 80))), atol=1e-14)


def test_the_abdominal_wall_follows_the_whole_lumbar_flexion(model):
    posture = ss.Posture.flexed(50)
    frames = upright_frames(model, posture)
    follow = frames.rotation[1].T @ frames.rotation[ABDOMEN]
    angle = model.abdomen.flexion_follow * jnp.sum(posture.levels[:, 2])
    np.testing.assert_allclose(follow, about_z(angle), atol=1e-14)


def test_a_disc_carries_along_everything_above_it():
    step = jnp.zeros((len(LEVELS), 3)).at[2].set(jnp.array([1e-3, -2e-3, 5e-4]))
    carried = {"L3", "L2", "L1", "thorax", "head_neck"} | {name for name in BODIES if "arm" in name}
    moved = {name for name, shift in zip(BODIES, shifts(step), strict=True) if np.any(shift != 0)}
    assert moved == carried


def test_beyond_a_joint_is_what_hangs_on_it():
    """Its own body, and whatever hangs on what is beyond."""
    for joint, body in enumerate(JOINT_BODY):
        beyond = {BODIES[each] for each in np.flatnonzero(OUTBOARD[joint])}
        children = {BODIES[child] for child, parent in enumerate(PARENTS) if BODIES[parent] in beyond - {-1}}
        assert BODIES[body] in beyond
        assert {name for name in children if PARENTS[BODIES.index(name)] >= 0} <= beyond
