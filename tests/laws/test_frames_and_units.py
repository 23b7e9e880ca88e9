"""Neither the way the world is turned nor the units in which it is measured matter."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.se3 import exp_rotation, joint_rotation
from tests.solving import ended, row, solve_all
from tests.turning import angles_of

#: Postures whose supports are the body's own, not a floor that stays level under the soles.
LYING = ("lying_on_side", "quadruped", "prone_on_elbows", "lying_supine")
TURN = exp_rotation(jnp.array([0.4, -0.7, 0.5]))


def turned(task):
    """Body, gravity, pushes and supports turned together in the world."""

    def turn(angles):
        return angles_of(TURN @ joint_rotation(angles))

    posture, loads = task.posture, task.loads
    return eqx.tree_at(
        lambda t: (
            t.posture.pelvis, t.posture.femurs, t.posture.upper_arms, t.posture.supports.normal,
            t.loads.gravity, t.loads.force, t.loads.torque,
        ),
        task,
        (
            turn(posture.pelvis), jax.vmap(turn)(posture.femurs), jax.vmap(turn)(posture.upper_arms),
            posture.supports.normal @ TURN.T, TURN @ loads.gravity, loads.force @ TURN.T,
            loads.torque @ TURN.T,
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def pairs(model):
    tasks = [ss.task(name) for name in LYING]
    ends = solve_all(model, tasks + [turned(task) for task in tasks])
    assert ended(ends)
    return [(row(ends, number), row(ends, number + len(LYING))) for number in range(len(LYING))]


@pytest.mark.parametrize("number", range(len(LYING)))
def test_turning_body_and_gravity_together_changes_nothing(pairs, number):
    still, moved = pairs[number]
    for name in ("disc_compression", "disc_moment", "facet_force", "activation", "ligament_force"):
        want = getattr(still, name)
        size = max(1e-2, float(jnp.max(jnp.abs(want))))
        np.testing.assert_allclose(getattr(moved, name), want, rtol=0, atol=1e-8 * size, err_msg=name)
    pushes = still.support_force @ TURN.T
    np.testing.assert_allclose(moved.support_force, pushes, rtol=0, atol=1e-6)


LOADS = ("activation", "disc_compression", "disc_translation", "facet_force", "intradiscal_pressure")
#: New units in which gravity and a newton metre keep their numbers, as the engine's constants know both.
LENGTH = 1.3
MASS = 1 / LENGTH
UNITS = {"m": LENGTH, "kg": MASS, "s": LENGTH**0.5, "N": MASS, "Pa": MASS / LENGTH**2, "rad": 1.0, "1": 1.0}


def factor(unit):
    """Number of new units in an old one, of a unit written like N m/rad^3."""
    above, *below = unit.split("/")
    parts = [(token, 1) for token in above.split()] + [(token, -1) for one in below for token in one.split()]
    product = 1.0
    for token, sign in parts:
        name, _, power = token.partition("^")
        product *= UNITS[name] ** (sign * int(power or 1))
    return product


def measured(record):
    """The same record in the new units, field by field."""
    changed = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            changed[field.name] = measured(value)
        elif "unit" in field.metadata:
            changed[field.name] = factor(field.metadata["unit"]) * value
    return eqx.tree_at(lambda r: [getattr(r, name) for name in changed], record, list(changed.values()))


def test_units_do_not_matter(model):
    """But for the reserve of the whole body's force, which is all that knows a newton."""
    tasks = [ss.task(name) for name in ("carry_one_side", "stoop_lift", "slouched")]
    ends = solve_all([model] * 3 + [measured(model)] * 3, tasks + [measured(task) for task in tasks])
    assert ended(ends)
    one, other = (jax.tree.map(lambda leaf, own=own: leaf[own], ends) for own in (slice(3), slice(3, 6)))
    for field in LOADS:
        unit = next(each.metadata["unit"] for each in dataclasses.fields(one) if each.name == field)
        want = factor(unit) * getattr(one, field)
        size = float(jnp.max(jnp.abs(want)))
        np.testing.assert_allclose(getattr(other, field), want, rtol=0, atol=1e-6 * size, err_msg=field)
