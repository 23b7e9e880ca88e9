"""Jacobian of the balance, assembled in blocks from the wrenches of unit tensions.

Forward mode through the residual would cost as many passes as there are translations; here every block
is a product of what the residual knows already: rows of the muscles, their lengths, the answer of
recruitment and contacts. `balance.residual` is the definition it is tested against.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._sums import sums
from spinesim.models.abdomen import pressure_gain
from spinesim.models.kinematics import SPINE_OUTBOARD
from spinesim.models.mechanics import (
    ABOVE,
    N_JOINTS,
    SPINE,
    Pulls,
    by_crossing,
    crossings,
    hand_on,
    hinge_rates,
    spans,
)
from spinesim.models.placement import Placement
from spinesim.models.se3 import hat
from spinesim.solvers.balance import (
    N_FORCE,
    N_MOMENT,
    N_ROWS,
    Contact,
    Multipliers,
    Posed,
    Problem,
    recruit,
    reserve,
    support_reactions,
)
from spinesim.solvers.clusters import clusters, contact_answers, twists
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


def _muscle_block(
    problem: Problem, posed: Posed, recruitment: Recruitment, multipliers: Multipliers
) -> Float[Array, "row row"]:
    """Muscles and pressure: how recruitment, length and direction answer the unknowns."""
    column, slope = posed.column, posed.slope
    gain = pressure_gain(problem.model)
    joint = multipliers[:N_MOMENT].reshape(N_JOINTS, 3)
    rate = multipliers[:N_MOMENT] @ column.rows[N_FORCE:]
    turning = _rate_slope(problem, posed.pull, joint)
    muscle = column.rows[:, :-1]
    lengthening = -muscle[:N_FORCE]
    # drive = -(active * rate + gain * rate of the pressure), and -full moment per unit of a multiplier
    drive = -(
        slope.active * rate[:-1] * lengthening
        + posed.strength.active * turning[:, :-1]
        + gain * turning[:, -1:]
    )
    elastic = recruitment.activation * slope.active + slope.passive
    moved = recruitment.answer(drive)
    driven = recruitment.answer(-posed.moment)
    pulled = jnp.concatenate([
        posed.strength.active * moved + elastic * lengthening, posed.strength.active * driven
    ])  # fmt: skip
    pressure = jnp.concatenate([moved @ gain, driven @ gain])
    tension = recruitment.activation * posed.strength.active + posed.strength.passive
    answer = muscle @ pulled.T + jnp.outer(posed.pressed, pressure)
    turned = _geometric(problem, posed.pull, jnp.append(tension, gain @ recruitment.activation))
    whole = jnp.zeros((N_ROWS, N_ROWS), answer.dtype)
    own = N_FORCE + N_MOMENT
    return whole.at[:own, :own].set(answer.at[:, :N_FORCE].add(turned))


def _rate_slope(
    problem: Problem, pull: Pulls, joint: Float[Array, "joint 3"]
) -> Float[Array, "translation owner"]:
    """How each owner's virtual shortening rate changes as the discs translate.

    rate = v . u with v = sum_j sign_j w_j x arm_j the velocity between the ends of a segment: u turns
    because the ends move apart, and the arms grow with the translations above their joint.
    """
    placement = problem.placement
    sign, span = spans(placement)
    rates = hinge_rates(placement, joint)
    own = jnp.cross(rates, pull.centre)
    out, back = np.maximum(sign, 0.0), np.minimum(sign, 0.0)  # beyond lies the start, or the end
    between = (
        jnp.cross((out @ rates)[span], pull.start)
        + jnp.cross((back @ rates)[span], pull.end)
        - (sign @ own)[span]
    )
    across = between - jnp.sum(between * pull.along, axis=1, keepdims=True) * pull.along
    weight, crossed = placement.segments.weight[:, None], crossings(placement, SPINE)
    turned = -weight * _inverse(pull.length)[:, None] * across
    swing = jnp.einsum("pj,jk,ja->pka", sign, ABOVE[:, :SPINE], rates)[span[crossed.segment], crossed.hinge]
    grown = jnp.cross((weight * pull.along)[crossed.segment], swing)
    rows = by_crossing(crossed, grown + crossed.sign[:, None] * turned[crossed.segment])
    return rows.reshape(N_FORCE, -1)


def _inverse(length: Float[Array, "segment"]) -> Float[Array, "segment"]:
    empty = length == 0  # tangent pieces of a path that does not touch its surface
    return jnp.where(empty, 0.0, 1 / jnp.where(empty, 1.0, length))


def _geometric(
    problem: Problem, pull: Pulls, tension: Float[Array, "owner"]
) -> Float[Array, "n translation"]:
    """Change of the muscle rows at constant tension: directions turn and arms grow.

    Segments that span the same hinges do the same to the rows, so they are summed first.
    """
    placement = problem.placement
    sign, span = spans(placement)
    spine = sign[:, :SPINE]
    taut = _taut(placement, pull, tension[np.array(placement.segments.fascicle)], span)
    eye = jnp.eye(3, dtype=tension.dtype)
    turned = taut.spread - taut.density[:, None, None] * eye
    force_rows = jnp.einsum("pj,pk,pab->jakb", spine, spine, turned).reshape(N_FORCE, N_FORCE)

    # Moments of what turned, about every hinge: of the directions, of the arms, of the growing arms.
    sides = jnp.where(sign[:, :, None] > 0, taut.start[:, None], taut.end[:, None])
    lever = sides - taut.density[:, None, None] * pull.centre
    about = taut.moment[:, None] - jax.vmap(hat)(pull.centre) @ taut.spread[:, None]
    hinge_rows = jnp.einsum("pj,pk,pjab->jakb", sign, spine, about - jax.vmap(jax.vmap(hat))(lever))
    beyond = jnp.einsum("pj,pk,pa->jka", sign, np.abs(spine), taut.force)
    grown = jax.vmap(jax.vmap(hat))(jnp.asarray(ABOVE)[:, :, None] * beyond)
    hinge_rows -= jnp.moveaxis(grown, 1, 2)
    turned = hand_on(placement, hinge_rows.reshape(len(ABOVE), 3, N_FORCE))
    return jnp.concatenate([force_rows, *(part.reshape(-1, N_FORCE) for part in turned)])


class _Taut(NamedTuple):
    """Segments under tension, summed by span."""

    density: Float[Array, "span"]  # tension over length
    force: Float[Array, "span 3"]
    start: Float[Array, "span 3"]  # weighted by density, as is all that follows
    end: Float[Array, "span 3"]
    spread: Float[Array, "span 3 3"]  # direction x direction
    moment: Float[Array, "span 3 3"]  # moment about the pelvis origin x direction


def _taut(placement: Placement, pull: Pulls, tension: Float[Array, "segment"], span: np.ndarray) -> _Taut:
    force = placement.segments.weight * tension
    density = (force * _inverse(pull.length))[:, None]
    parts = [
        density, force[:, None] * pull.along, density * pull.start, density * pull.end,
        *(density * pull.along * pull.along[:, [axis]] for axis in range(3)),
        *(density * pull.along * pull.turning[:, [axis]] for axis in range(3)),
    ]  # fmt: skip
    total = sums(jnp.concatenate(parts, axis=1), span)
    density, *vectors = jnp.split(total, (1, 4, 7, 10, 19), axis=1)
    force, start, end, spread, moment = vectors
    return _Taut(density[:, 0], force, start, end, spread.reshape(-1, 3, 3), moment.reshape(-1, 3, 3))


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
    beyond, _ = clusters(problem.model)
    carried, eye = beyond[:, :SPINE], jnp.eye(3, dtype=multipliers.dtype)
    joint, whole = multipliers[:N_MOMENT].reshape(N_JOINTS, 3), multipliers[-3:]
    turn = jax.vmap(hat)(whole + ABOVE[:SPINE].T @ joint[:SPINE])

    def on_twist(moved: Float[Array, "level 3 3"]) -> Float[Array, "cluster 6 row"]:
        """Velocities of the clusters for translations of the levels, beside those for multipliers."""
        velocity = jnp.einsum("ck,kab->cakb", carried, moved).reshape(len(carried), 3, N_FORCE)
        return jnp.concatenate([jnp.pad(velocity, ((0, 0), (0, 3), (0, 0))), twist], axis=2)

    twist = twists(problem, posed.translation)
    answer = contact_answers(problem, posed.translation, contact.answer)
    gather, velocity = on_twist(jnp.broadcast_to(eye, turn.shape)), on_twist(turn)
    return -jnp.einsum("kar,kas->rs", gather, answer @ velocity)


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
