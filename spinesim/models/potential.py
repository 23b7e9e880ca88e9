"""The potential of a balanced body in its small free motions: what its stability is read from.

A motion turns and shifts all that lies beyond each level, and may tilt the pelvis with the whole trunk
about the line through the hip centres; legs and feet stay where they are. Everything is kinematically
exact: muscles run between the points that ride on the moved bodies, the abdominal wall follows the levels.
Held constant are the activations, and with them the abdominal pressure; weights and pushes keep their
size and direction in the world. So every part has a potential:

    passive tissue   its elastic energy, that of the hips' ligaments among the ligaments
    muscle           F dl + k dl^2 / 2, F the tension and dl the lengthening of the whole path; k is the
                     short-range stiffness q F_a / l of the active tension (Bergmark 1989) and the slope of
                     the passive one
    abdomen          pressure times what its struts and the fascia lengthen, and the bending it stiffens
    weight, pushes   minus force times displacement; a pure torque minus torque times rotation vector, the
                     conservative reading of a load that is not
    support          minus the reaction times displacement, and a spring: a contact that pushes neither lifts
                     nor slides, the flesh in it yields

The flesh of a contact stiffens in proportion to its load, so its stiffness is force over `FLESH` in all
directions (assumed); a contact that does not push does not hold.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._smooth import safe_norm
from spinesim.models.anatomy import BODIES, LEVELS, Model
from spinesim.models.hip_ligament import femurs, ligament_energy
from spinesim.models.kinematics import ABDOMEN, FEMURS, FOREARMS, SHANKS, SPINE_OUTBOARD, shifts
from spinesim.models.mechanics import TISSUES, Translation, by_owner, tissue_energies
from spinesim.models.muscle import PerFascicle, fibres, strength_and_slope
from spinesim.models.placement import Placement
from spinesim.models.se3 import Rotation, Vector, exp_rotation, log_rotation
from spinesim.models.state import Loads

#: Parts of the potential beside the muscles.
SOURCES = (*TISSUES, "abdominal", "gravity", "external", "support")
FLESH = 5e-3  # m
SPINE = len(LEVELS)
#: Components of a motion: tilt of the pelvis, rotations of the levels, their translations.
TILT, N_ROTATION, N_MOTION = 1, 1 + 3 * SPINE, 1 + 6 * SPINE

#: Frame of `_frames` on which every body rides: the held legs, the pelvis, L5 .. thorax, the abdominal wall.
_HELD, _WALL = 0, SPINE + 2
_RIDES = np.where(SPINE_OUTBOARD.any(axis=0), 1 + SPINE_OUTBOARD.sum(axis=0), 1).astype(int)
_RIDES[[*FEMURS, *SHANKS]], _RIDES[ABDOMEN] = _HELD, _WALL

#: Pelvic tilt [rad], rotations [rad] and translations [m] of the levels, in pelvis axes.
Motion = Float[Array, "motion"]
Points = Float[Array, "n 3"]
_Joints = tuple[Float[Array, "level 3 3"], Translation]


class Balanced(NamedTuple):
    """A body in balance and what stays constant while it is disturbed."""

    model: Model
    loads: Loads
    placement: Placement
    translation: Translation
    activation: PerFascicle
    pressure: Float[Array, ""]
    reaction: Float[Array, "contact 3"]  # pelvis axes


class Springs(NamedTuple):
    """Muscles as springs: stiffness of a unit of q and of the passive fibres [N/m]."""

    per_gain: PerFascicle
    passive: PerFascicle


class _Moved(NamedTuple):
    """Displacement of the frames that bodies ride on: x -> turn x + shift, pelvis axes."""

    turn: Float[Array, "*frame 3 3"]
    shift: Float[Array, "*frame 3"]

    def carry(self, body: np.ndarray, point: Points) -> Points:
        """Points of bodies after the motion."""
        frame = _RIDES[body]
        return jnp.einsum("nij,nj->ni", self.turn[frame], point) + self.shift[frame]


def tensions(balanced: Balanced) -> tuple[PerFascicle, Springs]:
    """Tension [N] of every fascicle in balance, and how it answers lengthening."""
    length = _lengths(balanced, None)[:-1]
    strength, slope = strength_and_slope(fibres(balanced.model.fascicles), length)
    active = balanced.activation * strength.active
    return active + strength.passive, Springs(active / length, slope.passive)


def lengths(balanced: Balanced, motion: Motion) -> Float[Array, "owner"]:
    """Lengths of the fascicles [m] after a motion; the last is what the pressure works on [m^3]."""
    return _lengths(balanced, _frames(balanced, motion)[0])


def activated(balanced: Balanced, motion: Motion) -> tuple[Float[Array, "owner"], Float[Array, ""]]:
    """What activation works on: `lengths`, and the energy of the abdomen [J], after a motion."""
    moved, (rotation, _) = _frames(balanced, motion)
    length = _lengths(balanced, moved)
    return length, _abdominal(balanced, length[-1], rotation)


def energies(balanced: Balanced, motion: Motion) -> tuple[Float[Array, "source"], Float[Array, "owner"]]:
    """Energy of SOURCES [J] after a motion, and `lengths`: times tension, the energy of the muscles."""
    model = balanced.model
    moved, (rotation, translation) = _frames(balanced, motion)
    length = _lengths(balanced, moved)
    tissue = jax.vmap(tissue_energies)((model.discs, model.ligaments, model.facets), rotation, translation)
    hips = ligament_energy(model, _tilted(balanced, motion).T @ femurs(balanced.placement.frames))
    levels = jnp.sum(tissue, axis=0)
    return jnp.stack([
        *levels.at[TISSUES.index("ligament")].add(jnp.sum(hips)),
        _abdominal(balanced, length[-1], rotation),
        _gravity(balanced, moved),
        _external(balanced, moved),
        _support(balanced, moved),
    ]), length  # fmt: skip


def place_after(balanced: Balanced, motion: Motion, body: str, point: Vector) -> Vector:
    """Where a point of a body (given in its frame) is after a motion, pelvis axes [m]."""
    index = np.array([BODIES.index(body)])
    return _frames(balanced, motion)[0].carry(index, _where(balanced, index, point[None]))[0]


def _joints(balanced: Balanced, motion: Motion) -> _Joints:
    """Rotation and translation of the levels in lower-body axes after a motion."""
    lower = balanced.placement.frames.rotation[:SPINE]
    turn, shift = motion[TILT:N_ROTATION].reshape(SPINE, 3), motion[N_ROTATION:].reshape(SPINE, 3)

    def one(lower: Rotation, rotation: Rotation, at: Vector, turn: Vector, shift: Vector):
        return exp_rotation(lower.T @ turn) @ rotation, lower.T @ (at + shift)

    return jax.vmap(one)(lower, balanced.placement.level_rotation, balanced.translation, turn, shift)


def _frames(balanced: Balanced, motion: Motion) -> tuple[_Moved, _Joints]:
    """Displacements composed up the chain, each level's about its own centre of before; and `_joints`."""
    frames = balanced.placement.frames
    origin = frames.origin + shifts(balanced.translation)
    hips = frames.origin[np.array(FEMURS)]
    turn, shift = motion[TILT:N_ROTATION].reshape(SPINE, 3), motion[N_ROTATION:].reshape(SPINE, 3)
    rotation, translation = _joints(balanced, motion)
    opened = _extension(rotation) - _extension(balanced.placement.level_rotation)
    follow = balanced.model.abdomen.flexion_follow * jnp.sum(opened) * balanced.placement.wall_axis
    # The pelvis, the levels and, on top of L5, the wall: each about its centre, then along.
    tilt = _tilted(balanced, motion)[None]
    own = jnp.concatenate([tilt, jax.vmap(exp_rotation)(jnp.concatenate([turn, follow[None]]))])
    centre = jnp.stack([jnp.mean(hips, axis=0), *origin[1 : SPINE + 1], origin[ABDOMEN]])
    along = centre - jnp.einsum("fij,fj->fi", own, centre)
    along = along.at[1 : SPINE + 1].add(shift)

    def climb(below: _Moved, above: _Moved) -> tuple[_Moved, _Moved]:
        moved = _Moved(below.turn @ above.turn, below.turn @ above.shift + below.shift)
        return moved, moved

    still = _Moved(jnp.eye(3), jnp.zeros(3))
    steps = _Moved(own, along)
    _, chain = jax.lax.scan(climb, still, jax.tree.map(lambda leaf: leaf[: SPINE + 1], steps))
    wall, _ = climb(_Moved(chain.turn[1], chain.shift[1]), _Moved(own[-1], along[-1]))
    moved = jax.tree.map(lambda *parts: jnp.concatenate(parts), *(
        jax.tree.map(lambda leaf: leaf[None], still), chain, jax.tree.map(lambda leaf: leaf[None], wall)
    ))  # fmt: skip
    return moved, (rotation, translation)


def _tilted(balanced: Balanced, motion: Motion) -> Rotation:
    """How a motion turns the pelvis about the line through the hips."""
    hips = balanced.placement.frames.origin[np.array(FEMURS)]
    across = (hips[0] - hips[1]) / safe_norm(hips[0] - hips[1])
    return exp_rotation(motion[0] * across)


def _extension(rotation: Float[Array, "level 3 3"]) -> Float[Array, "level"]:
    """Extension angle of `se3.joint_rotation` [rad]."""
    return jnp.arctan2(-rotation[:, 0, 1], rotation[:, 1, 1])


def _where(balanced: Balanced, body: np.ndarray, point: Points) -> Points:
    """Points given in the frames of their bodies, in balance, pelvis axes [m]."""
    frames = balanced.placement.frames
    origin = frames.origin + shifts(balanced.translation)
    return origin[body] + jnp.einsum("nij,nj->ni", frames.rotation[body], point)


def _lengths(balanced: Balanced, moved: _Moved | None) -> Float[Array, "owner"]:
    placement, shift = balanced.placement, shifts(balanced.translation)
    segments = placement.segments
    first, last = np.array(segments.start_body), np.array(segments.end_body)
    start, end = segments.start + shift[first], segments.end + shift[last]
    if moved is not None:
        start, end = moved.carry(first, start), moved.carry(last, end)
    piece = segments.weight * safe_norm(end - start)
    return segments.constant + by_owner(placement, piece[:, None])[:, 0]


def _abdominal(
    balanced: Balanced, volume: Float[Array, ""], rotation: Float[Array, "level 3 3"]
) -> Float[Array, ""]:
    """Struts and fascia under constant pressure, and the bending that `mechanics.bracing` resists."""
    abdomen, bend = balanced.model.abdomen, jax.vmap(log_rotation)(rotation)
    braced = abdomen.stiffening * abdomen.stiffness_per_pressure * jnp.sum(bend**2) / 2
    return balanced.pressure * (volume + braced)


def _gravity(balanced: Balanced, moved: _Moved) -> Float[Array, ""]:
    bodies, every = balanced.model.bodies, np.arange(len(BODIES))
    centre = moved.carry(every, _where(balanced, every, bodies.com))
    return -jnp.sum(bodies.mass @ (centre @ (balanced.placement.frames.world @ balanced.loads.gravity)))


def _external(balanced: Balanced, moved: _Moved) -> Float[Array, ""]:
    """What the hands hold, what is carried and what pushes."""
    loads, world, every = balanced.loads, balanced.placement.frames.world, np.arange(len(BODIES))
    down = world @ loads.gravity
    hands = moved.carry(np.array(FOREARMS), _where(balanced, np.array(FOREARMS), balanced.model.grip))
    packs = moved.carry(every, _where(balanced, every, loads.carried_point))
    pushed = moved.carry(every, _where(balanced, every, loads.point))
    turned = jax.vmap(log_rotation)(moved.turn)[_RIDES]
    weight = loads.hand_mass @ (hands @ down) + loads.carried_mass @ (packs @ down)
    return -(weight + jnp.sum((loads.force @ world.T) * pushed + (loads.torque @ world.T) * turned))


def _support(balanced: Balanced, moved: _Moved) -> Float[Array, ""]:
    """Reactions and the springs of the flesh that they press."""
    reactions, body = balanced.placement.reactions, np.array(balanced.model.contacts.body)
    point = reactions.point + shifts(balanced.translation)[body]
    slip = moved.carry(body, point) - point
    normal = jnp.einsum("ca,ca->c", balanced.reaction, reactions.axes[:, :, 0])
    return jnp.sum(normal / FLESH * jnp.sum(slip**2, axis=1)) / 2 - jnp.sum(balanced.reaction * slip)
