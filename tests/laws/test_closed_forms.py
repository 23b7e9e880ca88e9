"""Cases that are solved by hand: a body without muscles, weightless, or loaded like a cantilever."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.anatomy import LEVELS
from spinesim.models.kinematics import JOINT_BODY, shifts
from spinesim.models.se3 import about_z
from spinesim.solvers.outcome import PARTS
from tests.placing import place
from tests.solving import row, solve_all

FORCE, POINT = (30.0, -40.0, 20.0), (0.05, 0.1, 0.08)


def powerless(model):
    """Discs and bones alone: no muscle, no ligament, no facet."""

    def pulling(m):
        facets = m.facets.stiffness, m.facets.lamina_stiffness
        return m.fascicles.max_force, m.fascicles.passive_force, m.ligaments.stiffness, *facets

    return eqx.tree_at(pulling, model, [0 * part for part in pulling(model)])


def adrift(task):
    """The task without weight and without a bed."""

    def holding(t):
        return t.loads.gravity, t.posture.supports.active

    return eqx.tree_at(holding, task, [0 * part for part in holding(task)])


@pytest.fixture(scope="module")
def ends(model):
    """The spine as tabulated, adrift: left alone, and pushed at the thorax."""
    push = ss.Push("thorax", FORCE, POINT)
    tasks = [adrift(ss.Task(ss.Posture.lying_supine(), push=each)) for each in ((), push)]
    return tasks, solve_all(powerless(model), tasks)


def test_nothing_comes_of_nothing(ends):
    alone = row(ends[1], 0)
    for name in ("disc_compression", "disc_moment", "muscle_force", "support_force", "reserve_moment"):
        np.testing.assert_allclose(getattr(alone, name), 0, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(alone.disc_translation, 0, atol=1e-14)


def test_a_body_without_muscles_is_a_cantilever(model, ends):
    """Every disc carries the push; its moment grows with the distance and is what the muscles would hold."""
    task, end = ends[0][1], row(ends[1], 1)
    frames = place(model, task).frames
    force = frames.world @ jnp.array(FORCE)
    shift = shifts(end.disc_translation)
    thorax = JOINT_BODY[len(LEVELS) - 1]
    tip = frames.origin[thorax] + shift[thorax] + jnp.array(POINT)
    external = end.disc_load_part[PARTS.index("external")]
    assert end.status == ss.Status.unbalanced
    for level, body in enumerate(JOINT_BODY[: len(LEVELS)]):
        axes = about_z(model.discs.tilt[level])
        moment = jnp.cross(tip - frames.origin[body] - shift[body], force)
        np.testing.assert_allclose(external[level, :3], axes.T @ force, rtol=0, atol=1e-9)
        np.testing.assert_allclose(external[level, 3:], axes.T @ moment, rtol=0, atol=1e-9)
        missing = axes.T @ end.reserve_moment[level]
        np.testing.assert_allclose(missing + external[level, 3:], end.disc_moment[level], rtol=0, atol=1e-7)
