"""Stance: flat feet under the weight, and where every contact of the body is.

People who bend or carry lean their legs back so that the weight stays over the feet (Crenna et al.
1987, Exp Brain Res 65:538). The posture keeps trunk and pelvis in the world and the legs that stand
turn as a whole about the ankles, one closed-form angle a plane; the feet stay flat and point ahead.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import BODIES, Contacts, Model
from spinesim.models.kinematics import FEMURS, SHANKS, Frames, at, upright_frames
from spinesim.models.loads import body_wrenches
from spinesim.models.posture import Posture
from spinesim.models.se3 import about_x, about_z
from spinesim.models.state import Loads

_LEGS = np.array([*FEMURS, *SHANKS])
_MOST = 0.5  # sine of the largest reach that leaning makes up for


def sole_side(contacts: Contacts) -> np.ndarray:
    """(contact, side): 1 for the contacts of each sole."""
    return np.array([
        [float(name.startswith(("heel_", "forefoot_")) and "back" not in name and body == shank)
         for shank in SHANKS]
        for name, body in zip(contacts.name, contacts.body, strict=True)
    ])  # fmt: skip


def body_frames(model: Model, posture: Posture, loads: Loads) -> Frames:
    """Frames of all bodies with the discs at rest; standing legs lean until the weight is over the feet."""
    frames = upright_frames(model, posture)
    sole = jnp.asarray(sole_side(model.contacts)) * posture.supports.active[:, None]
    stands = jnp.max(sole, axis=0)  # (side,)
    share = stands / jnp.maximum(jnp.sum(stands), 1.0)
    offset = model.contacts.position - jnp.asarray(sole_side(model.contacts)) @ model.ankle
    foot = (sole.T @ offset) / jnp.maximum(jnp.sum(sole, axis=0), 1.0)[:, None]  # world axes

    force, moment = body_wrenches(model, loads, frames).total()
    up = frames.world[:, 1]
    weight = -force @ up
    # Where each body's load acts: across by its moment, which says nothing of the height; that is the
    # height of the centre of mass, which matters for the legs alone.
    height = jnp.einsum("bij,bj->bi", frames.rotation, model.bodies.com) @ up
    levers = jnp.cross(moment, up) + (frames.origin + jnp.outer(height, up)) * weight[:, None]

    hips = frames.origin[np.array(FEMURS)]
    ankles = at(frames, SHANKS, model.ankle)
    moving = jnp.zeros(len(BODIES)).at[_LEGS].set(jnp.tile(stands, 2))
    hip = jnp.zeros((len(BODIES), 3)).at[_LEGS].set(jnp.tile(hips, (2, 1)))
    held = moving[:, None] * weight[:, None] * hip
    total = jnp.sum(weight)
    still = jnp.sum((1 - moving)[:, None] * levers + held, axis=0) @ frames.world
    still -= total * (share @ (hips @ frames.world + foot))
    turning = jnp.sum(moving[:, None] * levers - held, axis=0) @ frames.world
    turning -= total * (share @ ((ankles - hips) @ frames.world))

    some = jnp.any(stands > 0)
    sagittal = posture.balance[0] * _lean(-still[0], -turning[0], turning[1], some)
    turned = about_z(sagittal) @ turning
    frontal = posture.balance[1] * _lean(still[2], turned[2], turned[1], some)
    return _turn_legs(frames, stands, about_x(frontal) @ about_z(sagittal))


def _lean(a: Float[Array, ""], b: Float[Array, ""], c: Float[Array, ""], stands: Array) -> Float[Array, ""]:
    """Root u near zero of a + b cos u + c sin u = 0 for c > 0 [rad]; 0 where nothing stands."""
    b, c = jnp.where(stands, b, 0.0), jnp.where(stands & (c > 0), c, 1.0)
    reach = jnp.clip(-a / jnp.hypot(b, c), -_MOST, _MOST)
    return jnp.where(stands, jnp.arcsin(reach) - jnp.arctan2(b, c), 0.0)


def _turn_legs(frames: Frames, stands: Float[Array, "side"], turn: Float[Array, "3 3"]) -> Frames:
    """The standing legs turned about their hips by a rotation in world axes."""
    turn = frames.world @ turn @ frames.world.T
    rotation, origin = frames.rotation, frames.origin
    for side in range(2):
        own = jnp.where(stands[side] > 0, turn, jnp.eye(3))
        femur, shank = FEMURS[side], SHANKS[side]
        rotation = rotation.at[femur].set(own @ rotation[femur])
        rotation = rotation.at[shank].set(own @ rotation[shank])
        origin = origin.at[shank].set(origin[femur] + own @ (origin[shank] - origin[femur]))
    return Frames(rotation, origin, frames.world)


def contact_points(model: Model, frames: Frames) -> Float[Array, "contact 3"]:
    """Contacts in pelvis axes [m]; those of the soles stay flat on the floor under the ankle."""
    sole = jnp.asarray(sole_side(model.contacts))
    carried = at(frames, model.contacts.body, model.contacts.position)
    ankle = sole @ at(frames, SHANKS, model.ankle)
    flat = ankle + (model.contacts.position - sole @ model.ankle) @ frames.world.T
    return jnp.where(jnp.sum(sole, axis=1, keepdims=True) > 0, flat, carried)
