"""Discomfort: what a posture costs, and how it answers small turns of pelvis and levels.

    effort + strain energy / 1 J + 1/2 sum (deviation / allowance)^2

with the cost of recruitment and of what muscles and supports miss, the energy of all passive tissue, and the
deviations from the posture that is asked for: of thorax (gaze), pelvis and levels (habit), hands and floor.

The muscles share their work with the discs held where they are (`equilibrium`), and so does the posture: its
slope is taken at held translations, where it is continuous and follows from the multipliers, `multiplier .
change of the rows`. (The slope along solved postures jumps wherever a fascicle starts to work.) How the
muscles answer a change of the rows gives the curvature of the effort.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._numbers import Number, number
from spinesim._record import Record, quantity
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.hip_ligament import femurs, hip_flexion, ligament_energy, ligament_stiffness
from spinesim.models.kinematics import FOREARMS, SHANKS, at
from spinesim.models.mechanics import tissue_energies
from spinesim.models.placement import Placement, place
from spinesim.models.se3 import Rotation, log_rotation
from spinesim.models.stance import sole_side
from spinesim.models.state import Task
from spinesim.solvers import balance, equilibrium, sharing
from spinesim.solvers.balance import SPINE, Multipliers, Posed, Problem, Unknowns
from spinesim.solvers.recruitment import AbstractObjective

_DEG = np.pi / 180
#: Free angles: pelvis against the world, then every level.
N_FREE = 3 + 3 * len(LEVELS)
#: What a discomfort is the sum of.
SHARES = ("effort", "missing", "strain", "gaze", "habit", "hands", "floor")

#: Turns of pelvis and levels from the posture that is asked for, in allowances.
Free = Float[Array, "free"]


class Allowance(Record):
    """Deviations that weigh as much as half a unit of effort, one fully active fascicle [assumed].

    Pelvis and levels vary between healthy people by about as much (SD of pelvic tilt 6 degrees, Vialle et
    al. 2005; of the angle of one level 3 to 4, Pearcy et al. 1984); gaze and floor are kept closely.

    Args:
        pelvis_deg: pelvis in space, every axis.
        level_deg: one level, every axis.
        gaze_deg: thorax in space; the neck makes up for the rest.
        hands_m: grips over the feet; infinite leaves them free.
        floor_m: height between the soles of two standing feet.
        strain_j: energy stored in passive tissue, as much as a whole unit of effort.
    """

    pelvis: Float[Array, ""] = quantity("rad")
    level: Float[Array, ""] = quantity("rad")
    gaze: Float[Array, ""] = quantity("rad")
    hands: Float[Array, ""] = quantity("m")
    floor: Float[Array, ""] = quantity("m")
    strain: Float[Array, ""] = quantity("J")

    def __init__(
        self,
        pelvis_deg: Number = 6.0,
        level_deg: Number = 3.0,
        gaze_deg: Number = 2.0,
        hands_m: Number = np.inf,
        floor_m: Number = 1e-3,
        strain_j: Number = 1.0,
    ):
        self.pelvis = number("pelvis_deg", pelvis_deg, 0.1, 90.0) * _DEG
        self.level = number("level_deg", level_deg, 0.1, 90.0) * _DEG
        self.gaze = number("gaze_deg", gaze_deg, 0.1, 180.0) * _DEG
        self.hands = number("hands_m", hands_m, 1e-3, np.inf)
        self.floor = number("floor_m", floor_m, 1e-4, 1.0)
        self.strain = number("strain_j", strain_j, 1e-3, 1e6)


class Question(NamedTuple):
    """What a prediction depends on; thorax and grips are those of the posture that is asked for."""

    model: Model
    task: Task
    objective: AbstractObjective
    allowance: Allowance
    thorax: Rotation  # in the world
    grips: Float[Array, "side 3"]  # in the world, from halfway between the ankles [m]


def question(model: Model, task: Task, objective: AbstractObjective, allowance: Allowance) -> Question:
    """A posture that is asked for, with where it has thorax and hands."""
    asked = place(model, task)
    return Question(model, task, objective, allowance, _thorax(asked), _grips(model, asked))


def angles(asked: Question, offset: Free) -> Float[Array, "turn 3"]:
    """Turns of the pelvis and of the levels [rad]."""
    return (units(asked.allowance) * offset).reshape(-1, 3)


def units(allowance: Allowance) -> Free:
    """Allowance of every free angle [rad]."""
    return jnp.repeat(jnp.stack([allowance.pelvis, *[allowance.level] * len(LEVELS)]), 3)


def turned(asked: Question, offset: Free) -> Task:
    """The task with pelvis and levels turned; the head stays level to first order."""
    posture, turns = asked.task.posture, angles(asked, offset)
    return eqx.tree_at(
        lambda t: (t.posture.pelvis, t.posture.levels, t.posture.head),
        asked.task,
        (posture.pelvis + turns[0], posture.levels + turns[1:], posture.head - jnp.sum(turns, axis=0)),
    )


def case(asked: Question, offset: Free) -> Problem:
    """The balance of the turned posture."""
    return equilibrium.problem(asked.model, turned(asked, offset), asked.objective)


class Held(NamedTuple):
    """What keeps still while the slope of a posture is taken."""

    activation: Float[Array, "fascicle"]
    contact: Float[Array, "contact 3"]  # world axes
    translation: Float[Array, "level 3"]  # axes of the body below
    multipliers: Multipliers


def hold(problem: Problem, unknowns: Unknowns) -> tuple[Held, Float[Array, "multiplier multiplier"]]:
    """What a solved balance holds, and how its multiplier rows answer the multipliers."""
    translation, multipliers = balance.unpack(unknowns)
    posed, tissue = balance.pose(problem, translation), balance.tissue_wrench(problem, translation)
    dual = sharing.programme(problem, posed, tissue)
    _, answer = dual.descent(multipliers)
    return held_at(problem, posed, multipliers), dual.hessian(answer)


def held_at(problem: Problem, posed: Posed, multipliers: Multipliers) -> Held:
    """What a posed body holds for given multipliers."""
    frames = problem.placement.frames
    return Held(
        activation=balance.recruit(problem, posed, multipliers).activation,
        contact=balance.support_reactions(problem, posed, multipliers).force @ frames.world,
        translation=jnp.einsum("jba,jb->ja", frames.rotation[:SPINE], posed.translation),
        multipliers=multipliers,
    )


class Answer(NamedTuple):
    """What a posture makes of what is held."""

    rows: Multipliers
    tissue_moment: Float[Array, "level_axis"]  # axes of the body below [N m]
    hip_flexion: Float[Array, "side"]
    cost: Float[Array, "cost"]  # effort, strain
    deviation: tuple[Float[Array, "_"], ...]  # of gaze, habit, hands, floor, in allowances


def answer(asked: Question, held: Held, offset: Free) -> Answer:
    """Rows, tissue moments, costs and deviations of a turned posture."""
    problem = case(asked, offset)
    return answered(asked, held, problem, *posed_with(problem, held.translation), offset)


def posed_with(problem: Problem, local: Float[Array, "level 3"]) -> tuple[Posed, Float[Array, "level 6"]]:
    """A body with its discs translated by `local`, in the axes of the body below, and its tissue's wrench."""
    lower = problem.placement.frames.rotation[:SPINE]
    translation = jnp.einsum("jab,jb->ja", lower, local)
    return balance.pose(problem, translation), balance.tissue_wrench(problem, translation)


def answered(
    asked: Question,
    held: Held,
    problem: Problem,
    posed: Posed,
    tissue: Float[Array, "level 6"],
    offset: Free,
) -> Answer:
    """`answer` of a turned posture that is posed already."""
    frames = problem.placement.frames
    lower = frames.rotation[:SPINE]
    effort = asked.objective.cost(held.activation, problem.weight, asked.model.fascicles.cap)
    return Answer(
        rows=balance.held_rows(posed, tissue, held.activation, held.contact @ frames.world.T),
        tissue_moment=jnp.einsum("jba,jb->ja", lower, tissue[:, 3:]).reshape(-1),
        hip_flexion=hip_flexion(asked.model, femurs(frames)),
        cost=jnp.stack([effort, _strain(asked, problem.placement, held.translation)]),
        deviation=_deviations(asked, offset, problem.placement),
    )


def lagrangian(asked: Question, held: Held, offset: Free) -> Float[Array, ""]:
    """What the turned posture costs with the held muscles and supports, rows missed at their prices."""
    return cost(held, answer(asked, held, offset))


def cost(held: Held, here: Answer) -> Float[Array, ""]:
    """`lagrangian` of an answer."""
    deviating = sum(0.5 * jnp.sum(deviation**2) for deviation in here.deviation)
    return held.multipliers @ here.rows + jnp.sum(here.cost) + deviating


def slope(held: Held, here: Answer, turn: Answer) -> Free:
    """Slope of `lagrangian` from the derivatives `turn` of an answer."""
    deviating = zip(here.deviation, turn.deviation, strict=True)
    return held.multipliers @ turn.rows + jnp.sum(turn.cost, axis=0) + sum(d @ t for d, t in deviating)


def curvature(
    asked: Question, problem: Problem, turn: Answer, stiffness: Float[Array, "multiplier multiplier"]
) -> Float[Array, "free free"]:
    """How the slope answers turns: muscles that answer the rows, tissue that turns, deviations.

    Left out are second derivatives of geometry and deviations, which are small beside these.
    """
    levels = slice(3, N_FREE)
    tissue = -units(asked.allowance)[levels, None] * turn.tissue_moment[:, levels] / asked.allowance.strain
    tied = ligament_stiffness(asked.model, femurs(problem.placement.frames)) / asked.allowance.strain
    whole = turn.rows.T @ jnp.linalg.solve(stiffness, turn.rows) + sum(t.T @ t for t in turn.deviation)
    whole += turn.hip_flexion.T @ (tied[:, None] * turn.hip_flexion)
    return whole.at[levels, levels].add(0.5 * (tissue + tissue.T))


def shares(held: Held, here: Answer) -> Float[Array, "share"]:
    """Every part of the discomfort, in the order of SHARES."""
    effort, strain = here.cost
    deviations = (0.5 * jnp.sum(deviation**2) for deviation in here.deviation)
    return jnp.stack([effort, balance.reserve_cost(held.multipliers), strain, *deviations])


def _strain(asked: Question, placement: Placement, translation: Float[Array, "level 3"]) -> Float[Array, ""]:
    """Energy of all passive tissue over its allowance; translations in the axes of the body below."""
    tissues = (asked.model.discs, asked.model.ligaments, asked.model.facets)
    energies = jax.vmap(tissue_energies)(tissues, placement.level_rotation, translation)
    hips = ligament_energy(asked.model, femurs(placement.frames))
    return (jnp.sum(energies) + jnp.sum(hips)) / asked.allowance.strain


def _deviations(
    asked: Question, offset: Free, placement: Placement
) -> tuple[Float[Array, "3"], Free, Float[Array, "6"], Float[Array, "1"]]:
    """Deviations of gaze, habit, hands and floor from what is asked, in allowances."""
    model, allowance = asked.model, asked.allowance
    gaze = log_rotation(_thorax(placement) @ asked.thorax.T) / allowance.gaze
    hands = (_grips(model, placement) - asked.grips).reshape(-1) / allowance.hands
    floor = _step(model, asked.task, placement) / allowance.floor
    # A pelvis is carried as its hip bones are, however the sacrum is set between them.
    habit = offset.at[2].add(model.iliac_turn / allowance.pelvis)
    return gaze, habit, hands, floor[None]


def _thorax(placement: Placement) -> Rotation:
    """Orientation of the thorax in the world."""
    return placement.frames.world.T @ placement.frames.rotation[len(LEVELS)]


def _grips(model: Model, placement: Placement) -> Float[Array, "side 3"]:
    """Grips in the world, seen from halfway between the ankles [m]."""
    frames = placement.frames
    feet = jnp.mean(at(frames, SHANKS, model.ankle), axis=0)
    return (at(frames, FOREARMS, model.grip) - feet) @ frames.world


def _step(model: Model, task: Task, placement: Placement) -> Float[Array, ""]:
    """Height of the right ankle over the left one [m] where both soles stand on one floor; otherwise 0."""
    sole = jnp.asarray(sole_side(model.contacts)) * task.posture.supports.active[:, None]
    both = jnp.min(jnp.max(sole, axis=0)) * task.posture.balance[0]
    right, left = at(placement.frames, SHANKS, model.ankle) @ placement.frames.world[:, 1]
    return both * (right - left)
