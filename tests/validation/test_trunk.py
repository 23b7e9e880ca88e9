"""Measurements of the trunk asked of a body: loads that hold each other, means by cross-section."""

import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.models.kinematics import at
from spinesim.validation import trunk
from spinesim.validation.strength import EFFORTS, harness_task
from tests.placing import place


@pytest.mark.parametrize("towards", EFFORTS)
def test_a_harness_pulls_and_its_frame_holds(model, towards):
    """Chest and pelvis are pushed alike and opposite, with no moment left about any point."""
    task = harness_task(model, jnp.asarray(100.0), towards)
    frames = place(model, task).frames
    bodies = tuple(range(len(frames.origin)))
    point = at(frames, bodies, task.loads.point) @ frames.world  # world axes, from the pelvis
    np.testing.assert_allclose(jnp.sum(task.loads.force, axis=0), 0, atol=1e-12)
    moment = jnp.sum(jnp.cross(point, task.loads.force) + task.loads.torque, axis=0)
    np.testing.assert_allclose(moment, 0, atol=1e-9)
    pulled = jnp.max(jnp.linalg.norm(task.loads.force, axis=1))
    twisted = jnp.max(jnp.linalg.norm(task.loads.torque, axis=1))
    assert float(twisted if towards == "axial_rotation" else pulled) == pytest.approx(100.0)


def test_a_mean_activation_goes_by_cross_section(model):
    """Of one group that works fully beside one that is silent: its share of the cross-section."""
    ones = jnp.ones_like(model.fascicles.pcsa)
    assert trunk._mean(model, 0.3 * ones, trunk.FLEXORS) == pytest.approx(0.3)
    group = np.array(model.fascicles.group)
    works = jnp.asarray(group == "multifidus", float)
    erector = np.array(["longissimus" in name or "iliocostalis" in name for name in group])
    own = float(works @ model.fascicles.pcsa)
    share = own / (own + float(jnp.asarray(erector, float) @ model.fascicles.pcsa))
    assert trunk._mean(model, works, trunk.EXTENSORS) == pytest.approx(share)
