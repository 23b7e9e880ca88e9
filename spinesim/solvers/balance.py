"""The balance of a placed body as one square system (its Jacobian is assembled in `jacobian`).

Unknowns: translations t of the six discs and multipliers of the moment rows of the joints and of the
six rows of the whole body. Activations follow from the multipliers in closed form (`recruitment`), support
forces too: each is the point of its friction cone that is cheapest for the virtual motion of its
contact, so that nobody but the balance decides how the supports share the weight.

Rows: force of every level, moment of every joint, force and moment of the whole body. The moment and
whole-body rows carry a stiff reserve (`reserve`), which shows what muscles and supports miss.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.abdomen import pressure_gain
from spinesim.models.anatomy import Model
from spinesim.models.kinematics import OUTBOARD, SPINE_OUTBOARD, shifts
from spinesim.models.mechanics import (
    N_JOINTS,
    SPINE,
    Columns,
    Pulls,
    Rows,
    Translation,
    bracing,
    columns,
    hinge_centres,
    pulls,
    resultants,
    tissue_wrenches,
    turned_tissues,
)
from spinesim.models.muscle import Fibres, Strength, fibres, strength_and_slope
from spinesim.models.passive import Turned
from spinesim.models.placement import Placement
from spinesim.models.se3 import hat
from spinesim.models.state import STANDARD_GRAVITY
from spinesim.models.supports import cone_projection
from spinesim.solvers.recruitment import AbstractObjective, Recruitment

N_FORCE, N_MOMENT, N_WHOLE = 3 * SPINE, 3 * N_JOINTS, 6
N_ROWS = N_FORCE + N_MOMENT + N_WHOLE
#: Price of supporting a contact with one body weight beside one full activation, friction at its limit
#: counting like the normal force: next to nothing, enough to settle how equal contacts share.
SUPPORT_PRICE = 1.0
#: Reserves -answer(multiplier): all but rigid up to a price per N m (per N), where the task counts as
#: not held, then yielding, so that the multipliers stay of the order of that price. Muscles at the end of
#: their strength are dear: at a price of 20 one in ninety of the held random cases was refused.
_UNIT_PRICE = np.concatenate([np.ones(N_MOMENT), np.full(3, 1e-2), np.ones(3)])
HELD_PRICE, RIGID, YIELDING = 100.0 * _UNIT_PRICE, 2e-4 / _UNIT_PRICE, 10.0 / _UNIT_PRICE
#: Price over which it comes to yield: a sudden change leaves balances on its edge without a root nearby.
_ONSET = 0.25 * HELD_PRICE

Unknowns = Float[Array, "row"]
Multipliers = Float[Array, "multiplier"]


class Problem(NamedTuple):
    """Everything the balance of one case depends on."""

    model: Model
    placement: Placement
    tissues: Turned  # passive, of every level, the vertebrae turned as they are placed
    weight: Float[Array, "fascicle"]  # price of each fascicle
    fibres: Fibres
    objective: AbstractObjective


def prepared(
    model: Model, placement: Placement, weight: Float[Array, "fascicle"], objective: AbstractObjective
) -> Problem:
    """The problem of a placed body, what no disc and no multiplier changes worked out."""
    tissues, held = turned_tissues(model, placement), fibres(model.fascicles)
    return Problem(model, placement, tissues, weight, held, objective)


class Posed(NamedTuple):
    """A problem with its discs held at some translation: what no longer depends on the multipliers."""

    translation: Translation
    pull: Pulls
    column: Columns  # rows per unit of tension of every fascicle and of the struts of a pascal of pressure
    pressed: Float[Array, "component"]  # rows per pascal of pressure, the spine it straightens included
    strength: Strength
    slope: Strength  # of the strength by length
    force: Float[Array, "force fascicle"]  # rows per unit of activation, the pressure it makes included
    moment: Float[Array, "moment fascicle"]  # the same; apart, as a trial of the dual asks for these alone
    motion: Float[Array, "velocity multiplier"]  # velocity of the contacts per unit of each multiplier
    steady: Rows  # weight, hands, pushes, passive muscle, ligaments of the hips; no tissue of the levels


def pose(problem: Problem, translation: Translation) -> Posed:
    """Hold the discs at `translation` [m, pelvis axes]."""
    placement = problem.placement
    pull = pulls(placement, translation)
    column = columns(placement, pull)
    strength, slope = strength_and_slope(problem.fibres, column.length[:-1])
    steady = resultants(placement, translation, *placement.wrenches.total())
    brace = jnp.pad(bracing(problem.model, placement).reshape(-1), (N_FORCE, N_MOMENT - N_FORCE))
    pressed = column.rows[:, -1] + brace
    slack = column.rows @ jnp.append(strength.passive, 0.0)
    tied = jnp.pad(placement.hip_ligament, ((SPINE, 0), (0, 0)))

    def full(part: slice) -> Float[Array, "n fascicle"]:
        return strength.active * column.rows[part, :-1] + pressure_gain(problem.model) * pressed[part, None]

    return Posed(
        translation=translation,
        pull=pull,
        column=column,
        strength=strength,
        slope=slope,
        pressed=pressed,
        force=full(slice(N_FORCE)),
        moment=full(slice(N_FORCE, None)),
        motion=contact_motion(problem, translation),
        steady=steady._replace(
            force=steady.force + slack[:N_FORCE].reshape(-1, 3),
            moment=steady.moment + slack[N_FORCE:].reshape(-1, 3) + tied,
        ),
    )


def contact_motion(problem: Problem, translation: Translation) -> Float[Array, "velocity multiplier"]:
    """Virtual velocities of all contacts per unit of each multiplier: w x r = -hat(r) w."""
    placement, body = problem.placement, np.array(problem.model.contacts.body)
    point = placement.reactions.point + shifts(translation)[body]
    beyond = jnp.asarray(OUTBOARD.T[body])  # (contact, joint)
    centre = hinge_centres(placement, translation)[:N_JOINTS]
    joint = -jax.vmap(jax.vmap(hat))(beyond[:, :, None] * (point[:, None] - centre))
    turned = jnp.moveaxis(joint, 1, 2).reshape(len(body), 3, N_MOMENT)
    moved = jnp.broadcast_to(jnp.eye(3, dtype=point.dtype), (len(body), 3, 3))
    return jnp.concatenate([turned, moved, -jax.vmap(hat)(point)], axis=2).reshape(-1, N_MOMENT + N_WHOLE)


class Contact(NamedTuple):
    """Forces of the contacts [N, pelvis axes] and how they answer: d force = -answer d velocity."""

    force: Float[Array, "contact 3"]
    answer: Float[Array, "contact 3 3"]


def support_reactions(problem: Problem, posed: Posed, multipliers: Multipliers) -> Contact:
    """Forces of the supports for the virtual motion that the multipliers describe."""
    return contact_forces(problem, contact_velocity(posed, multipliers))


def contact_velocity(posed: Posed, multipliers: Multipliers) -> Float[Array, "contact 3"]:
    """Virtual velocities of the contacts."""
    return (posed.motion @ multipliers).reshape(-1, 3)


def contact_forces(problem: Problem, velocity: Float[Array, "contact 3"]) -> Contact:
    """Forces of the supports for virtual velocities of their contacts."""
    reactions = problem.placement.reactions
    rough = jnp.stack([jnp.ones_like(reactions.friction), *[reactions.friction] * 2], axis=1)
    axes = reactions.axes * rough[:, None, :]
    softness = support_softness(problem)
    wish = -softness[:, None] * jnp.einsum("cak,ca->ck", axes, velocity)
    force, slope = jax.vmap(cone_projection)(wish)
    answer = jnp.einsum("cak,ckl,cbl->cab", axes, slope, axes)
    return Contact(jnp.einsum("cak,ck->ca", axes, force), softness[:, None, None] * answer)


def support_softness(problem: Problem) -> Float[Array, "contact"]:
    """Force of each contact per velocity against it, friction not counted; 0 where there is no support."""
    body_weight = problem.model.person.mass * STANDARD_GRAVITY
    return problem.placement.reactions.active * body_weight**2 / SUPPORT_PRICE


def reserve(multipliers: Multipliers) -> tuple[Float[Array, "multiplier"], Float[Array, "multiplier"]]:
    """What muscles and supports miss in every multiplier's row [N m, N], and minus its derivative."""
    beyond = jnp.maximum(jnp.abs(multipliers) - HELD_PRICE, 0.0)
    bend = jnp.minimum(beyond, _ONSET)
    extra = jnp.sign(multipliers) * (0.5 * bend**2 / _ONSET + beyond - bend)
    slope = jnp.asarray(RIGID) + YIELDING * bend / _ONSET
    return jnp.asarray(-RIGID) * multipliers - YIELDING * extra, slope


def reserve_cost(multipliers: Multipliers) -> Float[Array, ""]:
    """Cost of what the reserve gives: every unit at its price, which rises to the multiplier."""
    beyond = jnp.maximum(jnp.abs(multipliers) - HELD_PRICE, 0.0)
    bend = jnp.minimum(beyond, _ONSET)
    onset = (bend**3 / 3 + HELD_PRICE * bend**2 / 2) / _ONSET
    plain = 0.5 * ((HELD_PRICE + beyond) ** 2 - (HELD_PRICE + bend) ** 2)
    return jnp.sum(0.5 * RIGID * multipliers**2 + YIELDING * (onset + plain))


def recruit(problem: Problem, posed: Posed, multipliers: Multipliers) -> Recruitment:
    """Activations for given multipliers."""
    return recruit_for(problem, drives(posed, multipliers))


def drives(posed: Posed, multipliers: Multipliers) -> Float[Array, "fascicle"]:
    """What a unit of activation of each fascicle gains in the balance."""
    return -multipliers[:N_MOMENT] @ posed.moment


def recruit_for(problem: Problem, drive: Float[Array, "fascicle"]) -> Recruitment:
    """Activations for given drives."""
    return problem.objective.recruit(drive, problem.weight, problem.model.fascicles.cap)


def multiplier_rows(
    problem: Problem, posed: Posed, tissue: Float[Array, "level 6"], multipliers: Multipliers
) -> Float[Array, "multiplier"]:
    """Moment and whole-body rows."""
    recruitment = recruit(problem, posed, multipliers)
    contact = support_reactions(problem, posed, multipliers)
    spare, _ = reserve(multipliers)
    return held_rows(posed, tissue, recruitment.activation, contact.force) + spare


def held_rows(
    posed: Posed,
    tissue: Float[Array, "level 6"],
    activation: Float[Array, "fascicle"],
    contact: Float[Array, "contact 3"],
) -> Float[Array, "multiplier"]:
    """Moment and whole-body rows for given activations and support forces [N, pelvis axes], no reserve."""
    rows = steady_rows(posed, tissue) + contact.reshape(-1) @ posed.motion
    return rows.at[:N_MOMENT].add(posed.moment @ activation)


def steady_rows(posed: Posed, tissue: Float[Array, "level 6"]) -> Float[Array, "multiplier"]:
    """What no multiplier changes in the moment and whole-body rows."""
    steady = posed.steady
    turning = (steady.moment.at[:SPINE].add(tissue[:, 3:])).reshape(-1)
    return jnp.concatenate([turning, steady.whole_force, steady.whole_moment])


def force_rows(
    problem: Problem, posed: Posed, tissue: Float[Array, "level 6"], multipliers: Multipliers
) -> Float[Array, "force"]:
    """Unbalanced force of every level [N]."""
    activation = recruit(problem, posed, multipliers).activation
    contact = support_reactions(problem, posed, multipliers)
    carried = SPINE_OUTBOARD[:, np.array(problem.model.contacts.body)]
    active = (posed.force @ activation).reshape(-1, 3)
    return (posed.steady.force + active + carried @ contact.force + tissue[:, :3]).reshape(-1)


def tissue_wrench(problem: Problem, translation: Translation) -> Float[Array, "level 6"]:
    """Force and moment of all passive tissue on the upper body of every level, pelvis axes."""
    return tissue_answer(problem, translation)[0]


def tissue_answer(
    problem: Problem, translation: Translation
) -> tuple[Float[Array, "level 6"], Float[Array, "level 6 3"]]:
    """Wrench of all passive tissue on the upper body of every level, pelvis axes, and its derivative."""
    wrenches, stiffness = tissue_wrenches(problem.tissues, problem.placement, translation)
    return jnp.sum(wrenches, axis=1), stiffness


def residual(problem: Problem, unknowns: Unknowns) -> Float[Array, "row"]:
    """Unbalanced forces [N] and moments [N m] of all rows: the definition of the balance."""
    translation, multipliers = unpack(unknowns)
    posed, tissue = pose(problem, translation), tissue_wrench(problem, translation)
    rows = multiplier_rows(problem, posed, tissue, multipliers)
    return jnp.concatenate([force_rows(problem, posed, tissue, multipliers), rows])


def unpack(unknowns: Unknowns) -> tuple[Translation, Multipliers]:
    """Disc translations (level, 3) and multipliers of the moment and whole-body rows."""
    return unknowns[:N_FORCE].reshape(SPINE, 3), unknowns[N_FORCE:]
