"""Jacobian of the balance, assembled in blocks from the wrenches of unit tensions.

Forward mode through the residual would cost as many passes as there are translations; here every block
is a product of what the residual knows already: rows of the muscles, their lengths, the answer of
recruitment and contacts. `balance.residual` is the definition it is tested against.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.abdomen import pressure_gain
from spinesim.models.kinematics import SPINE_OUTBOARD
from spinesim.models.mechanics import (
    ABOVE,
    N_JOINTS,
    SPINE,
    Columns,
    Pulls,
    Translation,
    by_owner,
    crossing,
    hand_on,
    hinge_rates,
)
from spinesim.models.se3 import hat
from spinesim.solvers.balance import (
    N_FORCE,
    N_MOMENT,
    N_ROWS,
    Contact,
    Multipliers,
    Posed,
    Problem,
    moment_rows,
    recruit,
    reserve,
    support_reactions,
    tissue_wrench,
)
from spinesim.solvers.recruitment import Recruitment


def assemble(
    problem: Problem, posed: Posed, stiffness: Float[Array, "level 6 3"], multipliers: Multipliers
) -> Float[Array, "row row"]:
    """Jacobian of `balance.residual`; `stiffness` is that of the passive tissue at the translation."""
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
    axes = jnp.broadcast_to(jnp.eye(3, dtype=translation.dtype)[:, None], (3, *translation.shape))
    return value, jnp.moveaxis(jax.vmap(derivative)(axes), 0, -1)


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
    drive = jnp.concatenate([drive_t, -moment_rows(posed.full)], axis=1)
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
    between = jnp.einsum("sj,sja->sa", sign, jnp.cross(rates, pull.arm))
    across = between - jnp.sum(between * pull.along, axis=1, keepdims=True) * pull.along
    turned = -(weight * _inverse(pull.length))[:, None, None] * spine[:, :, None] * across[:, None]
    carrier = (sign[:, :, None] * np.abs(spine)[:, None, :] * ABOVE).astype(float)  # segment hinge level
    swing = jnp.einsum("sjk,ja->ska", carrier, rates)
    grown = weight[:, None, None] * jnp.cross(pull.along[:, None], swing)
    return by_owner(placement, (turned + grown).reshape(len(sign), N_FORCE))


def _inverse(length: Float[Array, "segment"]) -> Float[Array, "segment"]:
    empty = length == 0  # tangent pieces of a path that does not touch its surface
    return jnp.where(empty, 0.0, 1 / jnp.where(empty, 1.0, length))


def _geometric(
    problem: Problem, pull: Pulls, tension: Float[Array, "owner"]
) -> Float[Array, "n translation"]:
    """Change of the muscle rows at constant tension: directions turn and arms grow."""
    placement = problem.placement
    sign = crossing(placement)
    spine = sign[:, :SPINE]
    owner = np.array(placement.segments.fascicle)
    force = placement.segments.weight * tension[owner]
    density = force * _inverse(pull.length)
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
    hinge_rows = (turning.T @ (density[:, None] * flat)).reshape(hinges, 3, SPINE, 3)
    hinge_rows -= jnp.moveaxis(jax.vmap(jax.vmap(hat))(lever), 1, 2)
    beyond = jnp.einsum("s,sj,sk,sa->jka", force, sign, np.abs(spine), pull.along)
    grown = -jax.vmap(jax.vmap(hat))(jnp.asarray(ABOVE)[:, :, None] * beyond)
    hinge_rows += jnp.moveaxis(grown, 1, 2)
    handed = jnp.moveaxis(hinge_rows.reshape(hinges, 3, N_FORCE), -1, 0)
    joint_rows = jnp.moveaxis(hand_on(placement, handed), 0, -1).reshape(N_MOMENT, N_FORCE)
    return jnp.concatenate([force_rows, joint_rows])


def _tissue_block(stiffness: Float[Array, "level 6 3"]) -> Float[Array, "row row"]:
    block = jnp.zeros((N_ROWS, N_ROWS), stiffness.dtype)
    for level in range(SPINE):
        own = slice(3 * level, 3 * level + 3)
        block = block.at[own, own].set(stiffness[level, :3])
        block = block.at[N_FORCE + 3 * level : N_FORCE + 3 * level + 3, own].set(stiffness[level, 3:])
    return block


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


def _outside_block(problem: Problem, contact: Contact) -> Float[Array, "row row"]:
    """Translations above a joint carry the load beyond them along and change its moment there."""
    force, _ = problem.placement.wrenches.total()
    carried = SPINE_OUTBOARD[:, np.array(problem.model.contacts.body)]
    turned = -jax.vmap(hat)(jnp.asarray(SPINE_OUTBOARD) @ force + carried @ contact.force)
    moment = jnp.einsum("jk,kab->jakb", ABOVE[:N_JOINTS], turned).reshape(N_MOMENT, N_FORCE)
    whole = jnp.moveaxis(turned, 0, 1).reshape(3, N_FORCE)
    block = jnp.zeros((N_ROWS, N_ROWS), force.dtype)
    block = block.at[N_FORCE : N_FORCE + N_MOMENT, :N_FORCE].set(moment)
    return block.at[-3:, :N_FORCE].set(whole)
