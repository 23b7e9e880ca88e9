"""Measurements of stability asked of a body: loads that hold each other, numbers beside a paper's."""

import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.kinematics import at
from spinesim.models.placement import place
from spinesim.results import steadiness


def test_a_harness_pulls_and_its_frame_holds(model):
    """Chest and pelvis are pushed alike and opposite, with no moment left about any point."""
    task = steadiness.harness_task(model, jnp.asarray(100.0))
    frames = place(model, task).frames
    bodies = tuple(range(len(frames.origin)))
    point = at(frames, bodies, task.loads.point) @ frames.world  # world axes, from the pelvis
    np.testing.assert_allclose(jnp.sum(task.loads.force, axis=0), 0, atol=1e-12)
    moment = jnp.sum(jnp.cross(point, task.loads.force) + task.loads.torque, axis=0)
    np.testing.assert_allclose(moment, 0, atol=1e-9)
    assert float(jnp.max(jnp.abs(task.loads.force))) == 100.0


def test_a_loaded_flexed_trunk_needs_no_short_range_stiffness(model):
    """Arjmand and Shirazi-Adl (2006): q of 0; published short-range gains begin at 0.5."""
    assert 0 <= steadiness.critical_q_flexed(model) < 3


def test_a_mean_activation_goes_by_cross_section(model):
    """Of one group that works fully beside one that is silent: its share of the cross-section."""
    ones = jnp.ones_like(model.fascicles.pcsa)
    assert steadiness._mean(model, 0.3 * ones, steadiness.FLEXORS) == pytest.approx(0.3)
    group = np.array(model.fascicles.group)
    works = jnp.asarray(group == "multifidus", float)
    erector = np.array(["longissimus" in name or "iliocostalis" in name for name in group])
    own = float(works @ model.fascicles.pcsa)
    share = own / (own + float(jnp.asarray(erector, float) @ model.fascicles.pcsa))
    assert steadiness._mean(model, works, steadiness.EXTENSORS) == pytest.approx(share)


def test_a_named_task_is_what_the_co_contraction_stands_in():
    assert set(steadiness.FLEXORS) < set(ss.GROUPS) and set(steadiness.EXTENSORS) < set(ss.GROUPS)
