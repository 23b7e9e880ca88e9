"""A mirrored body in a mirrored task gives the mirrored answer."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.anatomy import BODIES
from spinesim.models.groups import REPORTED
from tests.solving import ended, row, solve_all

FLIP, TURN = jnp.array([1.0, 1.0, -1.0]), jnp.array([-1.0, -1.0, 1.0])  # of vectors and of rotations
PUSH = ss.Push("upper_arm_r", (10.0, -5.0, 20.0), (0.0, -0.1, 0.0), (1.0, 2.0, 3.0))
TASKS = (
    ss.Task(ss.Posture.stoop(40), hand_load_kg=(6.0, 1.0)),
    ss.Task(ss.Posture.twisted(8, hands="close"), hand_load_kg=(0.0, 8.0)),
    ss.Task(ss.Posture.bent(15), push=PUSH),
    ss.task("single_leg_stance"),
    ss.task("leaning_back"),
    ss.task("lying_on_side"),
)
SIDES = jnp.array([1, 0])


def partners(names):
    """Index of what lies on the other side."""
    swap = {"_r": "_l", "_l": "_r"}
    return jnp.array([names.index(name[:-2] + swap.get(name[-2:], name[-2:])) for name in names])


def mirrored_task(model, task):
    bodies, places = partners(BODIES), partners(model.contacts.name)

    def where(t):
        p, held, loads = t.posture, t.posture.supports, t.loads
        return (
            p.pelvis, p.levels, p.head, p.femurs, p.knees, p.upper_arms, p.elbows,
            held.active, held.normal, held.friction,
            loads.gravity, loads.hand_mass, loads.carried_mass, loads.carried_point,
            loads.force, loads.point, loads.torque,
        )  # fmt: skip

    old, held, loads = task.posture, task.posture.supports, task.loads
    return eqx.tree_at(where, task, (
        TURN * old.pelvis, TURN * old.levels, TURN * old.head, TURN * old.femurs[SIDES], old.knees[SIDES],
        TURN * old.upper_arms[SIDES], old.elbows[SIDES],
        held.active[places], FLIP * held.normal[places], held.friction[places],
        FLIP * loads.gravity, loads.hand_mass[SIDES], loads.carried_mass[bodies],
        FLIP * loads.carried_point[bodies], FLIP * loads.force[bodies], FLIP * loads.point[bodies],
        TURN * loads.torque[bodies],
    ))  # fmt: skip


def uneven(model):
    """A body whose sides differ in strength and facets."""
    random = np.random.default_rng(3)
    strength = random.uniform(0.6, 1.4, model.fascicles.max_force.shape)
    facets = random.uniform(0.5, 2.0, model.facets.stiffness.shape)
    return eqx.tree_at(
        lambda m: (m.fascicles.max_force, m.facets.stiffness), model,
        (strength * model.fascicles.max_force, facets * model.facets.stiffness),
    )  # fmt: skip


def mirrored_strength(model):
    other = partners(model.fascicles.name)
    return eqx.tree_at(
        lambda m: (m.fascicles.max_force, m.facets.stiffness), model,
        (model.fascicles.max_force[other], model.facets.stiffness[:, SIDES]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def pair(model):
    body = uneven(model)
    mirror = [mirrored_task(model, task) for task in TASKS]
    ends = solve_all([body] * len(TASKS), TASKS), solve_all([mirrored_strength(body)] * len(TASKS), mirror)
    assert all(ended(end) for end in ends)
    return ends


@pytest.mark.parametrize("number", range(len(TASKS)))
def test_mirrored_body_gives_mirrored_answer(model, pair, number):
    one, other = (row(ends, number) for ends in pair)
    muscles, places, groups = map(partners, (model.fascicles.name, model.contacts.name, REPORTED))
    alike = {
        "disc_compression": one.disc_compression,
        "disc_anterior_shear": one.disc_anterior_shear,
        "disc_lateral_shear": -one.disc_lateral_shear,
        "disc_moment": TURN * one.disc_moment,
        "disc_translation": FLIP * one.disc_translation,
        "facet_force": one.facet_force[:, SIDES],
        "ligament_force": one.ligament_force,
        "activation": one.activation[muscles],
        "muscle_force": one.muscle_force[muscles],
        "moment_arm": TURN * one.moment_arm[muscles][:, jnp.array([0, 1, 2, 3, 4, 5, 7, 6])],
        "group_force": one.group_force[groups],
        "support_force": FLIP * one.support_force[places],
        "intra_abdominal_pressure": one.intra_abdominal_pressure,
    }
    for name, want in alike.items():
        size = max(1e-2, float(jnp.max(jnp.abs(want))))
        np.testing.assert_allclose(getattr(other, name), want, rtol=0, atol=1e-8 * size, err_msg=name)
