"""Loads pull where and how they are said to, whatever the posture."""

import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.kinematics import FOREARMS, at
from spinesim.models.loads import CAUSES, body_wrenches
from spinesim.models.stance import body_frames
from spinesim.models.state import STANDARD_GRAVITY

POSTURES = (ss.Posture.standing(hands="far"), ss.Posture.stoop(60), ss.Posture.lying_on_side())
PUSH = ss.Push("thorax", (10.0, 20.0, -30.0), (0.1, 0.2, 0.05), (1.0, -2.0, 3.0))


def wrenches(model, task):
    frames = body_frames(model, task.posture, task.loads)
    return frames, body_wrenches(model, task.loads, frames)


def in_world(frames, vectors):
    return vectors @ frames.world


@pytest.mark.parametrize("posture", POSTURES)
def test_everything_weighs_what_it_weighs_downward(model, posture):
    task = ss.Task(posture, hand_load_kg=(5.0, 2.0), backpack_kg=8.0, barbell_kg=11.0)
    frames, found = wrenches(model, task)
    total = dict(zip(CAUSES, in_world(frames, jnp.sum(found.force, axis=1)), strict=True))
    np.testing.assert_allclose(total["gravity"], [0, -model.person.mass * STANDARD_GRAVITY, 0], atol=1e-9)
    np.testing.assert_allclose(total["external"], [0, -26.0 * STANDARD_GRAVITY, 0], atol=1e-9)


@pytest.mark.parametrize("posture", POSTURES)
def test_a_hand_load_hangs_at_the_grip(model, posture):
    frames, found = wrenches(model, ss.Task(posture, hand_load_kg=(4.0, 0.0)))
    force, moment = found.force[1, FOREARMS[0]], found.moment[1, FOREARMS[0]]
    grip = at(frames, (FOREARMS[0],), model.grip[:1])[0]
    np.testing.assert_allclose(moment, jnp.cross(grip - frames.origin[FOREARMS[0]], force), atol=1e-12)
    assert not np.any(found.force[1, FOREARMS[1]])


def test_a_push_keeps_its_direction_in_the_world_and_its_point_on_the_body(model):
    frames, found = wrenches(model, ss.Task(POSTURES[1], push=PUSH))
    thorax = 6
    np.testing.assert_allclose(in_world(frames, found.force[1, thorax]), PUSH.force, atol=1e-12)
    arm = frames.rotation[thorax] @ PUSH.point
    want = jnp.cross(arm, found.force[1, thorax]) + frames.world @ PUSH.torque
    np.testing.assert_allclose(found.moment[1, thorax], want, atol=1e-12)


def test_two_loads_on_one_body_hang_at_their_common_centre(model):
    both = ss.Task(POSTURES[0], backpack_kg=8.0, barbell_kg=12.0)
    apart = [ss.Task(POSTURES[0], backpack_kg=8.0), ss.Task(POSTURES[0], barbell_kg=12.0)]
    frames, found = wrenches(model, both)
    parts = [body_wrenches(model, task.loads, frames) for task in apart]
    np.testing.assert_allclose(found.force[1], sum(part.force[1] for part in parts), atol=1e-12)
    np.testing.assert_allclose(found.moment[1], sum(part.moment[1] for part in parts), atol=1e-12)
