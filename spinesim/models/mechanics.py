"""The sum of all forces: what pulls, pushes and rests across every joint, in pelvis axes.

A joint's wrench is what acts on everything beyond it, seen from the pelvis; moments are about the
joint's own centre, which travels with the discs. Segments know their joints by `crossing`: +1 where the
start of a segment lies beyond the joint, -1 where its end does, 0 where it does not cross. The last
"joint" is the hinge of the abdominal wall, whose moment is handed on to the levels it follows.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._sums import sums
from spinesim.models.anatomy import LEVELS, Discs, Facets, Ligaments, Model
from spinesim.models.disc import disc_energy
from spinesim.models.facet import facet_energies
from spinesim.models.kinematics import ABDOMEN, JOINT_BODY, JOINTS, OUTBOARD, shifts
from spinesim.models.ligament import ligament_energies
from spinesim.models.passive import Turned, turned, wrenches_and_stiffness
from spinesim.models.placement import Placement
from spinesim.models.se3 import exp_rotation, hat, log_rotation, product

SPINE, N_JOINTS = len(LEVELS), len(JOINTS)
HINGES = (*JOINT_BODY, ABDOMEN)
_BEYOND = np.vstack([OUTBOARD, np.eye(OUTBOARD.shape[1])[ABDOMEN]])
#: (joint, level): 1 where the level lies beyond the joint, so that it carries its arms along.
ABOVE = np.vstack([np.triu(np.ones((SPINE, SPINE)), 1), np.zeros((len(HINGES) - SPINE, SPINE))])

Translation = Float[Array, "level 3"]
PerOwner = Float[Array, "owner"]


class Pulls(NamedTuple):
    """Geometry of every segment: what a unit of tension does, with the discs translated."""

    length: Float[Array, "segment"]
    start: Float[Array, "segment 3"]
    end: Float[Array, "segment 3"]
    along: Float[Array, "segment 3"]  # unit vector from start to end
    turning: Float[Array, "segment 3"]  # its moment about the pelvis origin
    centre: Float[Array, "hinge 3"]


class Columns(NamedTuple):
    """What a unit of tension in each owner does: its length and its rows of the balance.

    The owners lie side by side in memory: products over them take several times as long across the grain.
    """

    length: PerOwner
    rows: Float[Array, "component owner"]  # forces of the levels, then moments of the joints

    @property
    def force(self) -> Float[Array, "owner level 3"]:
        return self.rows[: 3 * SPINE].T.reshape(-1, SPINE, 3)

    @property
    def moment(self) -> Float[Array, "owner joint 3"]:
        return self.rows[3 * SPINE :].T.reshape(-1, N_JOINTS, 3)


def crossing(placement: Placement) -> np.ndarray:
    """(segment, hinge): +1, -1 or 0, see the module's docstring."""
    start, end = np.array(placement.segments.start_body), np.array(placement.segments.end_body)
    return (_BEYOND[:, start] - _BEYOND[:, end]).T


def spans(placement: Placement) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of `crossing`, and which of them each segment has."""
    sign, span = np.unique(crossing(placement), axis=0, return_inverse=True)
    return sign, span.ravel()


def hinge_centres(placement: Placement, translation: Translation) -> Float[Array, "hinge 3"]:
    """Centres of the joints and of the abdominal wall [m], discs translated."""
    hinge = np.array(HINGES)
    return placement.frames.origin[hinge] + shifts(translation)[hinge]


def pulls(placement: Placement, translation: Translation) -> Pulls:
    """Lengths, directions and moments of all segments, discs translated by `translation` [m]."""
    segments, shift = placement.segments, shifts(translation)
    start = segments.start + shift[np.array(segments.start_body)]
    end = segments.end + shift[np.array(segments.end_body)]
    line = end - start
    square = jnp.sum(line * line, axis=-1)
    length = jnp.sqrt(jnp.where(square == 0, 1.0, square))
    along = line / length[:, None]
    return Pulls(
        length=jnp.where(square == 0, 0.0, length),
        start=start,
        end=end,
        along=along,
        turning=jnp.cross(start, along),
        centre=hinge_centres(placement, translation),
    )


def columns(placement: Placement, pull: Pulls) -> Columns:
    """Segments gathered by owner: fascicles first, the abdominal pressure last.

    A segment turns the bodies beyond a hinge by r x along - centre x along, where r is either end.
    """
    segments, crossed = placement.segments, crossings(placement)
    weight = segments.weight[:, None]
    wrench = weight * jnp.concatenate([pull.along, pull.turning], axis=1)
    total = by_crossing(crossed, jnp.asarray(crossed.sign)[:, None] * wrench[crossed.segment])
    force, about_origin = total[:, :3], total[:, 3:]
    turned = hand_on(placement, about_origin - jax.vmap(product)(jax.vmap(hat)(pull.centre), force))
    return Columns(
        length=segments.constant + by_owner(placement, weight * pull.length[:, None])[:, 0],
        rows=jnp.concatenate([part.reshape(-1, part.shape[-1]) for part in (force[:SPINE], *turned)]),
    )


def by_owner(placement: Placement, rows: Float[Array, "segment n"]) -> Float[Array, "owner n"]:
    """Sum of the rows of each owner's segments."""
    return sums(rows, placement.segments.fascicle)


class Crossings(NamedTuple):
    """Every hinge that a segment crosses; few of the pairs of owner and hinge have any."""

    segment: Int[np.ndarray, "crossing"]
    hinge: Int[np.ndarray, "crossing"]
    sign: Float[np.ndarray, "crossing"]
    pair: Int[np.ndarray, "crossing"]  # which pair of owner and hinge it belongs to
    place: Int[np.ndarray, "hinge owner"]  # that pair, or one past the last


def crossings(placement: Placement, hinges: int = len(HINGES)) -> Crossings:
    """Crossings of the first `hinges` hinges."""
    sign = crossing(placement)[:, :hinges]
    segment, hinge = np.nonzero(sign)
    owner = np.array(placement.segments.fascicle)
    held, pair = np.unique(owner[segment] * hinges + hinge, return_inverse=True)
    place = np.full((owner.max() + 1) * hinges, len(held))
    place[held] = np.arange(len(held))
    return Crossings(segment, hinge, sign[segment, hinge], pair, place.reshape(-1, hinges).T)


def by_crossing(crossed: Crossings, rows: Float[Array, "crossing n"]) -> Float[Array, "hinge n owner"]:
    """Sum of the rows of each owner's crossings of each hinge."""
    total = jnp.pad(sums(rows, crossed.pair).T, ((0, 0), (0, 1)))
    return jnp.swapaxes(total[:, crossed.place], 0, 1)


def hand_on(
    placement: Placement, moment: Float[Array, "hinge 3 n"]
) -> tuple[Float[Array, "level 3 n"], Float[Array, "hip 3 n"]]:
    """Moments of the levels and of the hips, the wall's handed on to the levels that turn it."""
    wall = placement.wall_axis @ moment[N_JOINTS]
    return moment[:SPINE] + placement.follow[:, :, None] * wall, moment[SPINE:N_JOINTS]


def hinge_rates(placement: Placement, rate: Float[Array, "joint 3"]) -> Float[Array, "hinge 3"]:
    """Virtual rotations of all hinges, the wall's following the levels: transpose of `hand_on`."""
    wall = jnp.sum(rate[:SPINE] * placement.follow) * placement.wall_axis
    return jnp.concatenate([rate, wall[None]])


def bracing(model: Model, placement: Placement) -> Float[Array, "level 3"]:
    """Moment on each level per pascal by which abdominal pressure straightens the spine [N m/Pa].

    The pressurised trunk resists bending (Hodges et al. 2005): a rotational stiffness about the
    neutral posture in proportion to the pressure.
    """
    bend = jax.vmap(log_rotation)(placement.level_rotation)
    lower = placement.frames.rotation[:SPINE]
    stiffness = model.abdomen.stiffening * model.abdomen.stiffness_per_pressure
    return -stiffness * jnp.einsum("jab,jb->ja", lower, bend)


class Rows(NamedTuple):
    """The rows of the balance: forces of the levels, moments of the joints, the whole body."""

    force: Float[Array, "level 3"]
    moment: Float[Array, "joint 3"]
    whole_force: Float[Array, "3"]
    whole_moment: Float[Array, "3"]  # about the pelvis origin


def resultants(
    placement: Placement,
    translation: Translation,
    force: Float[Array, "body 3"],
    moment: Float[Array, "body 3"],
) -> Rows:
    """What forces on the bodies, with moments about the body origins, do to every row [N, N m]."""
    centre = hinge_centres(placement, translation)[:N_JOINTS]
    origin = placement.frames.origin + shifts(translation)
    about_pelvis = moment + jnp.cross(origin, force)
    beyond = jnp.asarray(OUTBOARD)
    forces = beyond @ force
    return Rows(
        force=forces[:SPINE],
        moment=beyond @ about_pelvis - jnp.cross(centre, forces),
        whole_force=jnp.sum(force, axis=0),
        whole_moment=jnp.sum(about_pelvis, axis=0),
    )


def contact_wrenches(
    model: Model, placement: Placement, force: Float[Array, "contact 3"]
) -> tuple[Float[Array, "body 3"], Float[Array, "body 3"]]:
    """Force and moment about its origin that forces at the contacts put on every body."""
    body = np.array(model.contacts.body)
    arm = placement.reactions.point - placement.frames.origin[body]
    count = placement.frames.origin.shape[0]
    return (
        jax.ops.segment_sum(force, body, num_segments=count),
        jax.ops.segment_sum(jnp.cross(arm, force), body, num_segments=count),
    )


#: Passive tissues of a level, in the order in which their energies are stacked.
TISSUES = ("disc", "ligament", "facet")
Tissues = tuple[Discs, Ligaments, Facets]


def tissue_energies(
    tissues: Tissues, rotation: Float[Array, "3 3"], translation: Float[Array, "3"]
) -> Float[Array, "tissue"]:
    """Energy of each of TISSUES of one level [J]; the upper body posed in lower-body axes."""
    disc, ligaments, facets = tissues
    return jnp.stack([
        disc_energy(disc, rotation, translation),
        jnp.sum(ligament_energies(ligaments, rotation, translation)),
        jnp.sum(facet_energies(facets, rotation, translation)),
    ])  # fmt: skip


def joint_wrench(
    energy: Callable[[Float[Array, "3 3"], Float[Array, "3"]], Float[Array, "*energy"]],
    rotation: Float[Array, "3 3"],
    translation: Float[Array, "3"],
) -> Float[Array, "*energy 6"]:
    """Force and moment about its origin [N, N m] that energies exert on the upper body, lower axes."""

    def after(step: Float[Array, "6"]) -> Float[Array, "*energy"]:
        return energy(exp_rotation(step[3:]) @ rotation, translation + step[:3])

    return -jax.jacrev(after)(jnp.zeros(6))


def turned_tissues(model: Model, placement: Placement) -> Turned:
    """The passive tissues of all levels, stacked, the vertebrae turned as they are placed."""
    tissues = (model.discs, model.ligaments, model.facets)
    return jax.vmap(turned)(tissues, placement.level_rotation)


def tissue_wrenches(
    held: Turned, placement: Placement, translation: Translation
) -> tuple[Float[Array, "level tissue 6"], Float[Array, "level 6 3"]]:
    """Force and moment of each of TISSUES on the upper body of every level, pelvis axes.

    Beside them the derivative of their sum: each level answers its own translation alone. Written out by
    hand (`passive`), as every step of a solve pays for it.
    """
    lower = placement.frames.rotation[:SPINE]
    across = jax.vmap(product)
    local = across(jnp.swapaxes(lower, 1, 2), translation)
    wrench, slope = jax.vmap(wrenches_and_stiffness)(held, local)

    def out(vectors: Float[Array, "level 3 n"]) -> Float[Array, "level 3 n"]:
        return across(lower, vectors)

    columns = jnp.swapaxes(wrench.reshape(SPINE, -1, 3), 1, 2)  # (level, axis, tissue and part)
    turned_out = jnp.swapaxes(out(columns), 1, 2).reshape(wrench.shape)
    back = jnp.swapaxes(lower, 1, 2)
    parts = [out(across(part, back)) for part in (slope[:, :3], slope[:, 3:])]
    return turned_out, jnp.concatenate(parts, axis=1)
