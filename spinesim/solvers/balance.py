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
#: Price of a moment reserve [1/(N m)^2] and of a whole-body force reserve [1/N^2] beside activations
#: squared: stiff enough that a body that can hold its task uses less than a millinewton metre of it.
RESERVE_MOMENT, RESERVE_FORCE = 1e3, 1e1
#: Price of supporting a contact with one body weight beside a full activation: all but free.
SUPPORT_PRICE = 1e-2

Unknowns = Float[Array, "row"]


class Problem(NamedTuple):
    """Everything the balance of one case depends on."""

    model: Model
    placement: Placement
    weight: Float[Array, "fascicle"]  # price of each fascicle
    objective: AbstractObjective


class Multipliers(NamedTuple):
    """The unknowns, unpacked."""

    translation: Float[Array, "level 3"]
    joint: Float[Array, "joint 3"]
    whole_force: Float[Array, "3"]
    whole_moment: Float[Array, "3"]


class Effort(NamedTuple):
    """What muscles do for given multipliers."""

    strength: Strength
    slope: Strength
    recruitment: Recruitment
    tension: Float[Array, "owner"]  # of every fascicle [N], then the pressure [Pa]
    rate: Float[Array, "owner"]  # virtual shortening rate, moment columns . multipliers
    full: Columns  # rows per unit of activation, the pressure it makes included


def unpack(unknowns: Unknowns) -> Multipliers:
    """The parts of the unknowns."""
    return Multipliers(
        translation=unknowns[:N_FORCE].reshape(SPINE, 3),
        joint=unknowns[N_FORCE : N_FORCE + N_MOMENT].reshape(N_JOINTS, 3),
        whole_force=unknowns[-6:-3],
        whole_moment=unknowns[-3:],
    )


def stack(rows: Rows) -> Float[Array, "row"]:
    """Rows as one vector."""
    return jnp.concatenate([part.reshape(-1) for part in rows])


def muscle_columns(problem: Problem, pull: Pulls) -> Columns:
    """Rows per unit of tension of every fascicle and per pascal of pressure."""
    model, placement = problem.model, problem.placement
    column = columns(placement, pull)
    brace = bracing(model, placement)
    return column._replace(moment=column.moment.at[-1, :SPINE].add(brace))


def recruit(problem: Problem, column: Columns, multipliers: Multipliers) -> Effort:
    """Activations, tensions and pressure for given multipliers."""
    fascicles, gain = problem.model.fascicles, pressure_gain(problem.model)
    strength, slope = strength_and_slope(fascicles, column.length[:-1])
    full = Columns(
        length=column.length,
        force=strength.active[:, None, None] * column.force[:-1] + gain[:, None, None] * column.force[-1],
        moment=strength.active[:, None, None] * column.moment[:-1]
        + gain[:, None, None] * column.moment[-1],
    )
    drive = -jnp.einsum("fja,ja->f", full.moment, multipliers.joint)
    recruitment = problem.objective.recruit(drive, problem.weight, fascicles.cap)
    pull = recruitment.activation * strength.active + strength.passive
    pressure = gain @ recruitment.activation
    return Effort(
        strength=strength,
        slope=slope,
        recruitment=recruitment,
        tension=jnp.append(pull, pressure),
        rate=jnp.einsum("oja,ja->o", column.moment, multipliers.joint),
        full=full,
    )


class Contact(NamedTuple):
    """Contacts under virtual motion: forces, and how they answer it."""

    point: Float[Array, "contact 3"]
    force: Float[Array, "contact 3"]  # pelvis axes [N]
    answer: Float[Array, "contact 3 3"]  # - d force / d velocity


def support_reactions(problem: Problem, multipliers: Multipliers) -> Contact:
    """Forces of the supports for the virtual motion that the multipliers describe."""
    placement, reactions = problem.placement, problem.placement.reactions
    body = np.array(problem.model.contacts.body)
    point = reactions.point + shifts(multipliers.translation)[body]
    centre = hinge_centres(placement, multipliers.translation)[:N_JOINTS]
    turn = OUTBOARD.T[body] @ multipliers.joint + multipliers.whole_moment
    swing = OUTBOARD.T[body] @ jnp.cross(multipliers.joint, centre)
    velocity = multipliers.whole_force + jnp.cross(turn, point) - swing
    softness = _support_softness(problem) * reactions.active

    def push(wish: Float[Array, "3"], friction: Float[Array, ""]) -> Float[Array, "3"]:
        return cone_projection(wish, friction)

    wish = -softness[:, None] * jnp.einsum("cak,ca->ck", reactions.axes, velocity)
    local = jax.vmap(push)(wish, reactions.friction)
    slope = jax.vmap(jax.jacfwd(push))(wish, reactions.friction)
    answer = jnp.einsum("cak,ckl,cbl->cab", reactions.axes, slope, reactions.axes)
    force = jnp.einsum("cak,ck->ca", reactions.axes, local)
    return Contact(point, force, softness[:, None, None] * answer)


def _support_softness(problem: Problem) -> Float[Array, ""]:
    body_weight = problem.model.person.mass * STANDARD_GRAVITY
    return body_weight**2 / SUPPORT_PRICE


def contact_wrenches(
    problem: Problem, contact: Contact, translation: Float[Array, "level 3"]
) -> tuple[Float[Array, "body 3"], Float[Array, "body 3"]]:
    """Force and moment about its origin that the supports put on every body, pelvis axes."""
    body = np.array(problem.model.contacts.body)
    origin = problem.placement.frames.origin + shifts(translation)
    arm = contact.point - origin[body]
    count = origin.shape[0]
    force = jax.ops.segment_sum(contact.force, body, num_segments=count)
    moment = jax.ops.segment_sum(jnp.cross(arm, contact.force), body, num_segments=count)
    return force, moment


def outside(problem: Problem, multipliers: Multipliers, contact: Contact) -> Rows:
    """Rows of gravity, hands, pushes and supports."""
    force, moment = problem.placement.wrenches.total()
    support_force, support_moment = contact_wrenches(problem, contact, multipliers.translation)
    return resultants(
        problem.placement, multipliers.translation, force + support_force, moment + support_moment
    )


def reserve(multipliers: Multipliers) -> Rows:
    """What the reserves add: the moments and forces that muscles and supports miss [N m, N]."""
    return Rows(
        force=jnp.zeros_like(multipliers.translation),
        moment=-multipliers.joint / RESERVE_MOMENT,
        whole_force=-multipliers.whole_force / RESERVE_FORCE,
        whole_moment=-multipliers.whole_moment / RESERVE_MOMENT,
    )


def residual(problem: Problem, unknowns: Unknowns) -> Float[Array, "row"]:
    """Unbalanced forces [N] and moments [N m] of all rows: the definition of the balance."""
    multipliers = unpack(unknowns)
    column = muscle_columns(problem, pulls(problem.placement, multipliers.translation))
    effort = recruit(problem, column, multipliers)
    tissue = passive_wrench(problem.model, problem.placement, multipliers.translation)
    contact = support_reactions(problem, multipliers)
    return _sum_rows(problem, multipliers, column, effort, tissue, contact)


def _sum_rows(
    problem: Problem,
    multipliers: Multipliers,
    column: Columns,
    effort: Effort,
    tissue: Float[Array, "level 6"],
    contact: Contact,
) -> Float[Array, "row"]:
    rows = outside(problem, multipliers, contact)
    spare = reserve(multipliers)
    pull = jnp.einsum("o,oja->ja", effort.tension, column.moment)
    return stack(
        Rows(
            force=rows.force + jnp.einsum("o,oja->ja", effort.tension, column.force) + tissue[:, :3],
            moment=(rows.moment + pull + spare.moment).at[:SPINE].add(tissue[:, 3:]),
            whole_force=rows.whole_force + spare.whole_force,
            whole_moment=rows.whole_moment + spare.whole_moment,
        )
    )


def linearise(
    problem: Problem, unknowns: Unknowns
) -> tuple[Float[Array, "row"], Float[Array, "row row"]]:
    """`residual` and its Jacobian, assembled from the wrenches of unit tensions."""
    multipliers = unpack(unknowns)
    placement = problem.placement
    pull = pulls(placement, multipliers.translation)
    column = muscle_columns(problem, pull)
    effort = recruit(problem, column, multipliers)
    contact = support_reactions(problem, multipliers)

    def tissue_at(translation: Float[Array, "level 3"]) -> Float[Array, "level 6"]:
        return passive_wrench(problem.model, placement, translation)

    tissue, stiffness = _tissue_stiffness(tissue_at, multipliers.translation)
    value = _sum_rows(problem, multipliers, column, effort, tissue, contact)
    jacobian = (
        _muscle_block(problem, multipliers, pull, column, effort)
        + _tissue_block(stiffness)
        + _support_block(problem, multipliers, contact)
        + _outside_block(outside(problem, multipliers, contact).force)
        + RESERVE_BLOCK
    )
    return value, jacobian


RESERVE_BLOCK = -np.diag(
    np.concatenate([
        np.zeros(N_FORCE),
        np.full(N_MOMENT, 1 / RESERVE_MOMENT),
        np.full(3, 1 / RESERVE_FORCE),
        np.full(3, 1 / RESERVE_MOMENT),
    ])
)


def _tissue_stiffness(
    wrench: object, translation: Float[Array, "level 3"]
) -> tuple[Float[Array, "level 6"], Float[Array, "level 6 3"]]:
    """Passive wrenches and their derivatives; each level answers only its own translation."""
    value, derivative = jax.linearize(wrench, translation)  # type: ignore[arg-type]
    steps = [derivative(jnp.zeros_like(translation).at[:, axis].set(1.0)) for axis in range(3)]
    return value, jnp.stack(steps, axis=-1)


def _tissue_block(stiffness: Float[Array, "level 6 3"]) -> Float[Array, "row row"]:
    block = jnp.zeros((N_ROWS, N_ROWS), stiffness.dtype)
    for level in range(SPINE):
        own = slice(3 * level, 3 * level + 3)
        block = block.at[own, own].set(stiffness[level, :3])
        block = block.at[N_FORCE + 3 * level : N_FORCE + 3 * level + 3, own].set(stiffness[level, 3:])
    return block


def _outside_block(beyond: Float[Array, "level 3"]) -> Float[Array, "row row"]:
    """Translations above a joint carry the load beyond them along and change its moment there."""
    turned = -jax.vmap(hat)(beyond)
    moment = jnp.einsum("jk,kab->jakb", ABOVE[:N_JOINTS], turned).reshape(N_MOMENT, N_FORCE)
    whole = jnp.moveaxis(turned, 0, 1).reshape(3, N_FORCE)
    block = jnp.zeros((N_ROWS, N_ROWS), beyond.dtype)
    block = block.at[N_FORCE : N_FORCE + N_MOMENT, :N_FORCE].set(moment)
    return block.at[-3:, :N_FORCE].set(whole)


def contact_motion(
    problem: Problem, translation: Float[Array, "level 3"], point: Float[Array, "contact 3"]
) -> Float[Array, "contact 3 multiplier"]:
    """Virtual velocity of every contact per unit of each multiplier: w x r = -hat(r) w."""
    beyond = OUTBOARD.T[np.array(problem.model.contacts.body)]  # (contact, joint)
    centre = hinge_centres(problem.placement, translation)[:N_JOINTS]
    joint = -jax.vmap(jax.vmap(hat))(beyond[:, :, None] * (point[:, None] - centre))
    count = len(beyond)
    whole = jnp.broadcast_to(jnp.eye(3, dtype=point.dtype), (count, 3, 3))
    turned = jnp.moveaxis(joint, 1, 2).reshape(count, 3, N_MOMENT)
    return jnp.concatenate([turned, whole, -jax.vmap(hat)(point)], axis=2)


def free_supports(problem: Problem) -> Float[Array, "multiplier multiplier"]:
    """Answer of the supports if they could pull as well as push, discs at rest."""
    reactions = problem.placement.reactions
    motion = contact_motion(problem, jnp.zeros((SPINE, 3)), reactions.point)
    softness = _support_softness(problem) * reactions.active
    return jnp.einsum("cap,c,caq->pq", motion, softness, motion)


def _support_block(
    problem: Problem, multipliers: Multipliers, contact: Contact
) -> Float[Array, "row row"]:
    """How support forces answer: rows gain J^T df, with df = -answer dv."""
    carried = SPINE_OUTBOARD.T[np.array(problem.model.contacts.body)]  # (contact, level)
    motion = contact_motion(problem, multipliers.translation, contact.point)
    count, eye = len(carried), jnp.eye(3, dtype=motion.dtype)
    turn = multipliers.whole_moment + ABOVE[:SPINE].T @ multipliers.joint[:SPINE]
    drift = jnp.einsum("ck,kab->cakb", carried, jax.vmap(hat)(turn)).reshape(count, 3, N_FORCE)
    velocity = jnp.concatenate([drift, motion], axis=2)
    force_rows = jnp.einsum("ck,ab->cakb", carried, eye).reshape(count, 3, N_FORCE)
    gather = jnp.concatenate([force_rows, motion], axis=2)
    return -jnp.einsum("car,cab,cbs->rs", gather, contact.answer, velocity)


def _muscle_block(
    problem: Problem, multipliers: Multipliers, pull: Pulls, column: Columns, effort: Effort
) -> Float[Array, "row row"]:
    """Muscles and pressure: how recruitment, length and direction answer the unknowns."""
    recruitment, strength, slope = effort.recruitment, effort.strength, effort.slope
    fascicles = len(strength.active)
    gain = pressure_gain(problem.model)
    turning = _rate_slope(problem, multipliers, pull)  # (owner, 18): d rate / d translation
    lengthening = -column.force.reshape(-1, N_FORCE)
    # drive = -(active * rate + gain * rate of the pressure)
    drive_t = -(
        (slope.active * effort.rate[:-1])[:, None] * lengthening[:-1]
        + strength.active[:, None] * turning[:-1]
        + gain[:, None] * turning[-1]
    )
    drive_m = -effort.full.moment.reshape(fascicles, N_MOMENT)
    drive = jnp.concatenate([drive_t, drive_m], axis=1)
    answer = recruitment.slope[:, None] * drive
    answer += recruitment.gain * jnp.outer(recruitment.shared, recruitment.shared @ drive)
    full = _flat(effort.full)
    own = _flat(column)[:-1]
    elastic = recruitment.activation * slope.active + slope.passive
    block = full.T @ answer
    block = block.at[:, :N_FORCE].add(own.T @ (elastic[:, None] * lengthening[:-1]))
    block = block.at[:, :N_FORCE].add(_geometric(problem, pull, effort.tension))
    whole = jnp.zeros((N_ROWS, N_ROWS), block.dtype)
    return whole.at[: N_FORCE + N_MOMENT, : N_FORCE + N_MOMENT].set(block)


def _flat(column: Columns) -> Float[Array, "owner n"]:
    count = column.force.shape[0]
    return jnp.concatenate(
        [column.force.reshape(count, N_FORCE), column.moment.reshape(count, N_MOMENT)], axis=1
    )


def _rate_slope(
    problem: Problem, multipliers: Multipliers, pull: Pulls
) -> Float[Array, "owner translation"]:
    """How each owner's virtual shortening rate changes as the discs translate.

    rate = v . u with v = sum_j sign_j w_j x arm_j the velocity between the ends of a segment: u turns
    because the ends move apart, and the arms grow with the translations above their joint.
    """
    placement = problem.placement
    sign = crossing(placement)
    spine = sign[:, :SPINE]
    rates = hinge_rates(placement, multipliers.joint)
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
