"""The balance of a placed body as one square system, and its Jacobian assembled in blocks.

Unknowns: translations t of the six discs and multipliers of the moment rows of the joints and of the
six rows of the whole body. Activations follow from the multipliers in closed form (`recruitment`), support
forces too: each is the point of its friction cone that is cheapest for the virtual motion of its
contact, so that nobody but the balance decides how the supports share the weight.

Rows: force of every level, moment of every joint, force and moment of the whole body. The moment and
whole-body rows carry a stiff reserve -multiplier/stiffness, which shows what muscles and supports miss.
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
    ABOVE,
    N_JOINTS,
    SPINE,
    Columns,
    Pulls,
    Rows,
    Translation,
    bracing,
    by_owner,
    columns,
    crossing,
    hand_on,
    hinge_centres,
    hinge_rates,
    passive_wrench,
    pulls,
    resultants,
)
from spinesim.models.muscle import Strength, strength_and_slope
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
#: not held, then yielding, so that the multipliers stay of the order of that price.
_UNIT_PRICE = np.concatenate([np.ones(N_MOMENT), np.full(3, 1e-2), np.ones(3)])
HELD_PRICE, RIGID, YIELDING = 20.0 * _UNIT_PRICE, 1e-3 / _UNIT_PRICE, 10.0 / _UNIT_PRICE

Unknowns = Float[Array, "row"]
Multipliers = Float[Array, "multiplier"]


class Problem(NamedTuple):
    """Everything the balance of one case depends on."""

    model: Model
    placement: Placement
    weight: Float[Array, "fascicle"]  # price of each fascicle
    objective: AbstractObjective


class Posed(NamedTuple):
    """A problem with its discs held at some translation: what no longer depends on the multipliers."""

    translation: Translation
    pull: Pulls
    column: Columns  # rows per unit of tension of every fascicle and per pascal of pressure
    strength: Strength
    slope: Strength
    full: Columns  # rows per unit of activation, the pressure it makes included
    motion: Float[Array, "contact 3 multiplier"]  # contact velocity per unit of each multiplier
    steady: Rows  # weight, hands, pushes, passive muscle; the tissues not included


def pose(problem: Problem, translation: Translation) -> Posed:
    """Hold the discs at `translation` [m, pelvis axes]."""
    model, placement = problem.model, problem.placement
    pull = pulls(placement, translation)
    column = columns(placement, pull)
    brace = bracing(model, placement)
    column = column._replace(moment=column.moment.at[-1, :SPINE].add(brace))
    strength, slope = strength_and_slope(model.fascicles, column.length[:-1])
    steady = resultants(placement, translation, *placement.wrenches.total())
    passive = strength.passive
    return Posed(
        translation=translation,
        pull=pull,
        column=column,
        strength=strength,
        slope=slope,
        full=Columns(
            length=column.length,
            force=_per_activation(problem, strength, column.force),
            moment=_per_activation(problem, strength, column.moment),
        ),
        motion=contact_motion(problem, translation),
        steady=steady._replace(
            force=steady.force + jnp.einsum("f,fja->ja", passive, column.force[:-1]),
            moment=steady.moment + jnp.einsum("f,fja->ja", passive, column.moment[:-1]),
        ),
    )


def _per_activation(
    problem: Problem, strength: Strength, rows: Float[Array, "owner n 3"]
) -> Float[Array, "fascicle n 3"]:
    gain = pressure_gain(problem.model)
    return strength.active[:, None, None] * rows[:-1] + gain[:, None, None] * rows[-1]


def contact_motion(
    problem: Problem, translation: Translation
) -> Float[Array, "contact 3 multiplier"]:
    """Virtual velocity of every contact per unit of each multiplier: w x r = -hat(r) w."""
    placement, body = problem.placement, np.array(problem.model.contacts.body)
    point = placement.reactions.point + shifts(translation)[body]
    beyond = OUTBOARD.T[body]  # (contact, joint)
    centre = hinge_centres(placement, translation)[:N_JOINTS]
    joint = -jax.vmap(jax.vmap(hat))(beyond[:, :, None] * (point[:, None] - centre))
    turned = jnp.moveaxis(joint, 1, 2).reshape(len(body), 3, N_MOMENT)
    moved = jnp.broadcast_to(jnp.eye(3, dtype=point.dtype), (len(body), 3, 3))
    return jnp.concatenate([turned, moved, -jax.vmap(hat)(point)], axis=2)


class Contact(NamedTuple):
    """Forces of the contacts [N, pelvis axes] and how they answer: d force = -answer d velocity."""

    force: Float[Array, "contact 3"]
    answer: Float[Array, "contact 3 3"]


def support_reactions(problem: Problem, posed: Posed, multipliers: Multipliers) -> Contact:
    """Forces of the supports for the virtual motion that the multipliers describe."""
    reactions = problem.placement.reactions
    velocity = posed.motion @ multipliers
    rough = jnp.stack([jnp.ones_like(reactions.friction), *[reactions.friction] * 2], axis=1)
    axes = reactions.axes * rough[:, None, :]
    softness = _support_softness(problem)
    wish = -softness[:, None] * jnp.einsum("cak,ca->ck", axes, velocity)
    force, slope = jax.vmap(cone_projection)(wish)
    answer = jnp.einsum("cak,ckl,cbl->cab", axes, slope, axes)
    return Contact(jnp.einsum("cak,ck->ca", axes, force), softness[:, None, None] * answer)


def _support_softness(problem: Problem) -> Float[Array, "contact"]:
    body_weight = problem.model.person.mass * STANDARD_GRAVITY
    return problem.placement.reactions.active * body_weight**2 / SUPPORT_PRICE


def reserve(multipliers: Multipliers) -> tuple[Float[Array, "multiplier"], Float[Array, "multiplier"]]:
    """What muscles and supports miss in every multiplier's row [N m, N], and minus its derivative."""
    beyond = jnp.abs(multipliers) > HELD_PRICE
    extra = multipliers - jnp.clip(multipliers, -HELD_PRICE, HELD_PRICE)
    slope = RIGID + jnp.where(beyond, YIELDING, 0.0)
    return -RIGID * multipliers - YIELDING * extra, slope


def recruit(problem: Problem, posed: Posed, multipliers: Multipliers) -> Recruitment:
    """Activations for given multipliers."""
    drive = -_flat_moment(posed.full) @ multipliers[:N_MOMENT]
    return problem.objective.recruit(drive, problem.weight, problem.model.fascicles.cap)


def multiplier_rows(
    problem: Problem, posed: Posed, tissue: Float[Array, "level 6"], multipliers: Multipliers
) -> tuple[Float[Array, "multiplier"], Float[Array, "multiplier multiplier"]]:
    """Moment and whole-body rows, and minus their derivative: gradient and Hessian of the dual.

    With the discs held, muscle sharing and supports are one convex programme. Its dual in the
    multipliers is convex and continuously differentiable, its gradient is minus these rows.
    """
    recruitment = recruit(problem, posed, multipliers)
    contact = support_reactions(problem, posed, multipliers)
    moment = _flat_moment(posed.full)
    steady = posed.steady
    turning = (steady.moment.at[:SPINE].add(tissue[:, 3:])).reshape(-1)
    rows = jnp.concatenate([
        turning + recruitment.activation @ moment, steady.whole_force, steady.whole_moment
    ])  # fmt: skip
    spare, give = reserve(multipliers)
    rows += jnp.einsum("cap,ca->p", posed.motion, contact.force) + spare
    answer = moment.T @ (recruitment.slope[:, None] * moment)
    shared = recruitment.shared @ moment
    answer += recruitment.gain * jnp.outer(shared, shared)
    pushed = jnp.einsum("cab,cbq->caq", contact.answer, posed.motion)
    held = jnp.einsum("cap,caq->pq", posed.motion, pushed) + jnp.diag(give)
    return rows, held.at[:N_MOMENT, :N_MOMENT].add(answer)


def free_answer(problem: Problem, posed: Posed) -> Float[Array, "multiplier multiplier"]:
    """Hessian of the dual if every fascicle and every support could pull and push."""
    moment = _flat_moment(posed.full)
    held = jnp.einsum("cap,c,caq->pq", posed.motion, _support_softness(problem), posed.motion)
    answer = moment.T @ (moment / problem.weight[:, None])
    return (held + jnp.diag(RIGID)).at[:N_MOMENT, :N_MOMENT].add(answer)


def force_rows(
    problem: Problem, posed: Posed, tissue: Float[Array, "level 6"], multipliers: Multipliers
) -> Float[Array, "force"]:
    """Unbalanced force of every level [N]."""
    activation = recruit(problem, posed, multipliers).activation
    contact = support_reactions(problem, posed, multipliers)
    carried = SPINE_OUTBOARD[:, np.array(problem.model.contacts.body)]
    active = jnp.einsum("f,fja->ja", activation, posed.full.force)
    return (posed.steady.force + active + carried @ contact.force + tissue[:, :3]).reshape(-1)


def tissue_wrench(problem: Problem, translation: Translation) -> Float[Array, "level 6"]:
    """Force and moment of all passive tissue on the upper body of every level, pelvis axes."""
    return passive_wrench(problem.model, problem.placement, translation)


def residual(problem: Problem, unknowns: Unknowns) -> Float[Array, "row"]:
    """Unbalanced forces [N] and moments [N m] of all rows: the definition of the balance."""
    translation, multipliers = unpack(unknowns)
    posed, tissue = pose(problem, translation), tissue_wrench(problem, translation)
    rows, _ = multiplier_rows(problem, posed, tissue, multipliers)
    return jnp.concatenate([force_rows(problem, posed, tissue, multipliers), rows])


def unpack(unknowns: Unknowns) -> tuple[Translation, Multipliers]:
    """Disc translations (level, 3) and multipliers of the moment and whole-body rows."""
    return unknowns[:N_FORCE].reshape(SPINE, 3), unknowns[N_FORCE:]


def jacobian(
    problem: Problem, posed: Posed, stiffness: Float[Array, "level 6 3"], multipliers: Multipliers
) -> Float[Array, "row row"]:
    """Jacobian of `residual`, assembled in blocks from the wrenches of unit tensions."""
    recruitment = recruit(problem, posed, multipliers)
    contact = support_reactions(problem, posed, multipliers)
    return (
        _muscle_block(problem, posed, recruitment, multipliers)
        + _tissue_block(stiffness)
        + _support_block(problem, posed, contact, multipliers)
        + _outside_block(problem, contact)
        - jnp.diag(jnp.concatenate([jnp.zeros(N_FORCE), reserve(multipliers)[1]]))
    )


def tissue_stiffness(
    problem: Problem, translation: Translation
) -> tuple[Float[Array, "level 6"], Float[Array, "level 6 3"]]:
    """Passive wrenches and their derivatives; each level answers only its own translation."""
    value, derivative = jax.linearize(lambda at: tissue_wrench(problem, at), translation)
    steps = [derivative(jnp.zeros_like(translation).at[:, axis].set(1.0)) for axis in range(3)]
    return value, jnp.stack(steps, axis=-1)


def _tissue_block(stiffness: Float[Array, "level 6 3"]) -> Float[Array, "row row"]:
    block = jnp.zeros((N_ROWS, N_ROWS), stiffness.dtype)
    for level in range(SPINE):
        own = slice(3 * level, 3 * level + 3)
        block = block.at[own, own].set(stiffness[level, :3])
        block = block.at[N_FORCE + 3 * level : N_FORCE + 3 * level + 3, own].set(stiffness[level, 3:])
    return block


def _outside_block(problem: Problem, contact: Contact) -> Float[Array, "row row"]:
    """Translations above a joint carry the load beyond them along and change its moment there."""
    force, _ = problem.placement.wrenches.total()
    carried = SPINE_OUTBOARD[:, np.array(problem.model.contacts.body)]
    turned = -jax.vmap(hat)(SPINE_OUTBOARD @ force + carried @ contact.force)
    moment = jnp.einsum("jk,kab->jakb", ABOVE[:N_JOINTS], turned).reshape(N_MOMENT, N_FORCE)
    whole = jnp.moveaxis(turned, 0, 1).reshape(3, N_FORCE)
    block = jnp.zeros((N_ROWS, N_ROWS), force.dtype)
    block = block.at[N_FORCE : N_FORCE + N_MOMENT, :N_FORCE].set(moment)
    return block.at[-3:, :N_FORCE].set(whole)


def _support_block(
    problem: Problem, posed: Posed, contact: Contact, multipliers: Multipliers
) -> Float[Array, "row row"]:
    """How support forces answer: rows gain J^T df, with df = -answer dv."""
    carried = SPINE_OUTBOARD.T[np.array(problem.model.contacts.body)]  # (contact, level)
    count, eye = len(carried), jnp.eye(3, dtype=multipliers.dtype)
    joint, whole = multipliers[:N_MOMENT].reshape(N_JOINTS, 3), multipliers[-3:]
    turn = whole + ABOVE[:SPINE].T @ joint[:SPINE]
    drift = jnp.einsum("ck,kab->cakb", carried, jax.vmap(hat)(turn)).reshape(count, 3, N_FORCE)
    force = jnp.einsum("ck,ab->cakb", carried, eye).reshape(count, 3, N_FORCE)
    velocity = jnp.concatenate([drift, posed.motion], axis=2)
    gather = jnp.concatenate([force, posed.motion], axis=2)
    return -jnp.einsum("car,cab,cbs->rs", gather, contact.answer, velocity)


def _muscle_block(
    problem: Problem, posed: Posed, recruitment: Recruitment, multipliers: Multipliers
) -> Float[Array, "row row"]:
    """Muscles and pressure: how recruitment, length and direction answer the unknowns."""
    column, slope, active = posed.column, posed.slope, posed.strength.active
    gain = pressure_gain(problem.model)
    joint = multipliers[:N_MOMENT].reshape(N_JOINTS, 3)
    rate = jnp.einsum("oja,ja->o", column.moment, joint)
    turning = _rate_slope(problem, posed.pull, joint)
    lengthening = -column.force[:-1].reshape(-1, N_FORCE)
    # drive = -(active * rate + gain * rate of the pressure)
    drive_t = -(
        (slope.active * rate[:-1])[:, None] * lengthening
        + active[:, None] * turning[:-1]
        + gain[:, None] * turning[-1]
    )
    drive = jnp.concatenate([drive_t, -_flat_moment(posed.full)], axis=1)
    answer = recruitment.slope[:, None] * drive
    answer += recruitment.gain * jnp.outer(recruitment.shared, recruitment.shared @ drive)
    elastic = recruitment.activation * slope.active + slope.passive
    tension = recruitment.activation * active + posed.strength.passive
    pressure = gain @ recruitment.activation
    block = _flat(posed.full).T @ answer
    block = block.at[:, :N_FORCE].add(
        _flat(column)[:-1].T @ (elastic[:, None] * lengthening)
        + _geometric(problem, posed.pull, jnp.append(tension, pressure))
    )
    whole = jnp.zeros((N_ROWS, N_ROWS), block.dtype)
    return whole.at[: N_FORCE + N_MOMENT, : N_FORCE + N_MOMENT].set(block)


def _flat_moment(column: Columns) -> Float[Array, "owner moment"]:
    return column.moment.reshape(-1, N_MOMENT)


def _flat(column: Columns) -> Float[Array, "owner n"]:
    count = column.force.shape[0]
    return jnp.concatenate(
        [column.force.reshape(count, N_FORCE), column.moment.reshape(count, N_MOMENT)], axis=1
    )


def _rate_slope(
    problem: Problem, pull: Pulls, joint: Float[Array, "joint 3"]
) -> Float[Array, "owner translation"]:
    """How each owner's virtual shortening rate changes as the discs translate.

    rate = v . u with v = sum_j sign_j w_j x arm_j the velocity between the ends of a segment: u turns
    because the ends move apart, and the arms grow with the translations above their joint.
    """
    placement = problem.placement
    sign = crossing(placement)
    spine = sign[:, :SPINE]
    rates = hinge_rates(placement, joint)
    weight = placement.segments.weight
    inverse = jnp.where(pull.length > 0, 1 / jnp.where(pull.length > 0, pull.length, 1.0), 0.0)
    between = jnp.einsum("sj,sja->sa", sign, jnp.cross(rates, pull.arm))
    across = between - jnp.sum(between * pull.along, axis=1, keepdims=True) * pull.along
    turned = -(weight * inverse)[:, None, None] * spine[:, :, None] * across[:, None]
    carrier = (sign[:, :, None] * np.abs(spine)[:, None, :] * ABOVE).astype(float)  # segment hinge level
    swing = jnp.einsum("sjk,ja->ska", carrier, rates)
    grown = weight[:, None, None] * jnp.cross(pull.along[:, None], swing)
    return by_owner(placement, (turned + grown).reshape(len(sign), N_FORCE))


def _geometric(
    problem: Problem, pull: Pulls, tension: Float[Array, "owner"]
) -> Float[Array, "n translation"]:
    """Change of the muscle rows at constant tension: directions turn and arms grow."""
    placement = problem.placement
    sign = crossing(placement)
    spine = sign[:, :SPINE]
    owner = np.array(placement.segments.fascicle)
    force = placement.segments.weight * tension[owner]
    inverse = jnp.where(pull.length > 0, 1 / jnp.where(pull.length > 0, pull.length, 1.0), 0.0)
    density = force * inverse
    eye = jnp.eye(3, dtype=force.dtype)
    pointing = spine[:, :, None] * pull.along[:, None]  # (segment, level, 3)
    flat = pointing.reshape(len(sign), N_FORCE)

    shared = jnp.einsum("s,sj,sk->jk", density, spine, spine)
    force_rows = flat.T @ (density[:, None] * flat) - jnp.einsum("jk,ab->jakb", shared, eye).reshape(
        N_FORCE, N_FORCE
    )

    hinges = sign.shape[1]
    turning = pull.turning.reshape(len(sign), 3 * hinges)
    lever = jnp.einsum("s,sk,sja->jka", density, spine, sign[:, :, None] * pull.arm)
    moment_rows = (turning.T @ (density[:, None] * flat)).reshape(hinges, 3, SPINE, 3)
    moment_rows -= jnp.moveaxis(jax.vmap(jax.vmap(hat))(lever), 1, 2)
    beyond = jnp.einsum("s,sj,sk,sa->jka", force, sign, np.abs(spine), pull.along)
    grown = -jax.vmap(jax.vmap(hat))(ABOVE[:, :, None] * beyond)
    moment_rows += jnp.moveaxis(grown, 1, 2)
    handed = jnp.moveaxis(moment_rows.reshape(hinges, 3, N_FORCE), -1, 0)
    joint_rows = jnp.moveaxis(hand_on(placement, handed), 0, -1).reshape(N_MOMENT, N_FORCE)
    return jnp.concatenate([force_rows, joint_rows])
