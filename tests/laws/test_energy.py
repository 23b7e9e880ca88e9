"""Forces are minus the slope of a potential, and power is the same at muscles and joints."""

from functools import reduce

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.disc import disc_energy
from spinesim.models.facet import facet_energies
from spinesim.models.hip_ligament import femurs, ligament_energy
from spinesim.models.kinematics import FEMURS, shifts
from spinesim.models.ligament import ligament_energies
from spinesim.models.se3 import joint_rotation, log_rotation
from spinesim.solvers import balance
from spinesim.solvers.balance import N_FORCE, N_MOMENT, N_WHOLE, SPINE
from spinesim.solvers.equilibrium import problem
from tests.placing import column, place
from tests.solving import stacked
from tests.turning import angles_of

#: The legs stay where they are drawn, so that the hips turn without the body leaning.
CROOKED = np.random.default_rng(5).uniform(-8, 4, (SPINE, 3))
PRONE = ss.Posture.lying_prone()
TASKS = (
    ss.Task(ss.Posture.from_degrees(levels_deg=CROOKED, balance=(0, 0))),
    ss.Task(ss.Posture.quadruped(), hand_load_kg=(3.0, 1.0)),
    ss.Task(eqx.tree_at(lambda p: p.femurs, PRONE, PRONE.femurs + np.radians([(3, 2, -20), (-9, 5, -8)]))),
    ss.Task(ss.Posture.lying_on_side(), push=ss.Push("thorax", (20, -30, 40), (0.1, 0.2, 0), (0, 0, 0))),
)


def potential(model, task, angles, translation, tension, pressure, pushes):
    """Energy of tissues, weights and dead loads, and of muscles and struts as springs of constant tension."""
    task = turned(task, angles)
    placed = place(model, task)
    local = jnp.einsum("jba,jb->ja", placed.frames.rotation[:SPINE], translation)
    levels = placed.level_rotation, local
    tissue = (
        jnp.sum(jax.vmap(disc_energy)(model.discs, *levels))
        + jnp.sum(jax.vmap(ligament_energies)(model.ligaments, *levels))
        + jnp.sum(jax.vmap(facet_energies)(model.facets, *levels))
    )
    tissue += jnp.sum(ligament_energy(model, femurs(placed.frames)))
    length = column(placed, translation).length
    bend = jax.vmap(log_rotation)(placed.level_rotation)
    brace = 0.5 * model.abdomen.stiffening * model.abdomen.stiffness_per_pressure * jnp.sum(bend**2)
    frames, loads = placed.frames, task.loads
    origin = frames.origin + shifts(translation)

    def height(force, point):
        return -jnp.sum(force * (origin + jnp.einsum("bij,bj->bi", frames.rotation, point)))

    gravity = frames.world @ loads.gravity
    hands = jnp.zeros_like(origin).at[jnp.array([10, 11])].set(model.grip)
    held = jnp.zeros(len(origin)).at[jnp.array([10, 11])].set(loads.hand_mass)
    dead = height(jnp.outer(model.bodies.mass, gravity), model.bodies.com)
    dead += height(jnp.outer(held, gravity), hands) + height(loads.force @ frames.world.T, loads.point)
    body = np.array(model.contacts.body)
    rides = origin[body] + jnp.einsum("nij,nj->ni", frames.rotation[body], model.contacts.position)
    return tissue + tension @ length[:-1] + pressure * (length[-1] + brace) + dead - jnp.sum(pushes * rides)


def turned(task, angles):
    """The task with other angles of levels and thighs; the arms, given in the world, turn with the thorax."""
    levels, femurs = angles
    turn = thorax(levels) @ thorax(task.posture.levels).T
    world = joint_rotation(task.posture.pelvis)
    arms = jax.vmap(lambda arm: angles_of(world @ turn @ world.T @ joint_rotation(arm)))
    return eqx.tree_at(
        lambda t: (t.posture.levels, t.posture.femurs, t.posture.upper_arms), task,
        (levels, femurs, arms(task.posture.upper_arms)),
    )  # fmt: skip


def thorax(levels):
    """Rotation of the thorax in the pelvis."""
    return reduce(jnp.matmul, [joint_rotation(levels[level]) for level in range(SPINE)])


def joint_rates(model, task):
    """(joint, axis, angle): spatial virtual rotation of each joint per unit of each of its angles."""
    posture, frames = task.posture, place(model, task).frames

    def spatial(fixed, angles):
        turns = jax.jacfwd(joint_rotation)(angles)
        skew = jnp.einsum("abk,cb->kac", turns, joint_rotation(angles))
        rate = jnp.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], axis=1)
        return fixed @ rate.T

    levels = jax.vmap(spatial)(frames.rotation[:SPINE], posture.levels)
    hips = jax.vmap(lambda angles: spatial(frames.world, angles))(posture.femurs)
    return jnp.concatenate([levels, hips])


@eqx.filter_jit
def sides(model, tasks, unknowns):
    """Slopes of the potential and what the rows of the balance say of them."""

    def one(task, unknowns):
        case = problem(model, task, ss.Effort())
        translation, multipliers = balance.unpack(unknowns)
        posed = balance.pose(case, translation)
        activation = balance.recruit(case, posed, multipliers).activation
        force = activation * posed.strength.active + posed.strength.passive
        pressure = model.abdomen.gain * model.fascicles.max_force @ activation
        pushes = balance.support_reactions(case, posed, multipliers).force
        rows = balance.residual(case, unknowns)
        spare, _ = balance.reserve(multipliers)
        angles = task.posture.levels, task.posture.femurs
        by_angle, by_place = jax.grad(potential, argnums=(2, 3))(
            model, task, angles, translation, force, pressure, pushes
        )
        moments = (rows[N_FORCE : N_FORCE + N_MOMENT] - spare[:N_MOMENT]).reshape(-1, 3)
        power = jnp.einsum("ja,jak->jk", moments, joint_rates(model, task))
        return {
            "forces": (rows[:N_FORCE].reshape(-1, 3), -by_place),
            "moments": (power, -jnp.concatenate(by_angle)),
        }

    return jax.vmap(one)(tasks, unknowns)


def test_rows_of_the_balance_are_minus_the_slope_of_the_potential(model):
    """Anywhere for the forces; for the moments with the discs at rest, where no disc carries another."""
    random = np.random.default_rng(2)
    scale = np.concatenate([np.zeros(N_FORCE), np.full(N_MOMENT, 0.01), np.full(N_WHOLE, 1e-4)])
    resting = scale * random.normal(size=(len(TASKS), len(scale)))
    moving = resting + np.concatenate([np.full(N_FORCE, 1e-3), 0 * scale[N_FORCE:]]) * random.normal(
        size=resting.shape
    )
    for unknowns, names in ((resting, ("forces", "moments")), (moving, ("forces",))):
        found = sides(model, stacked(TASKS), jnp.asarray(unknowns))
        for name in names:
            rows, slope = found[name]
            size = float(jnp.max(jnp.abs(slope)))
            np.testing.assert_allclose(rows, slope, rtol=0, atol=1e-10 * size, err_msg=name)


@pytest.mark.parametrize("number", range(len(TASKS)))
def test_muscle_power_is_joint_power(model, number):
    """Moment arms times turning of the joints is the rate of shortening, pressure struts included."""
    task, random = TASKS[number], np.random.default_rng(number)
    rates = tuple(jnp.asarray(random.normal(size=(count, 3))) for count in (SPINE, len(FEMURS)))

    def lengths(angles):
        placed = place(model, turned(task, angles))
        return column(placed, jnp.zeros((SPINE, 3))).length

    angles = task.posture.levels, task.posture.femurs
    _, lengthening = jax.jvp(lengths, (angles,), (rates,))
    placed = place(model, task)
    arms = column(placed, jnp.zeros((SPINE, 3))).moment
    turning = jnp.einsum("jak,jk->ja", joint_rates(model, task), jnp.concatenate(rates))
    power = jnp.einsum("oja,ja->o", arms, turning)
    size = float(jnp.max(jnp.abs(lengthening)))
    np.testing.assert_allclose(power, -lengthening, rtol=0, atol=1e-10 * size)
