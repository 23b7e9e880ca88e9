"""Poses down the chain: where every body stands, in pelvis axes, for a posture with its discs at rest.

The rotations are the posture's and stay as they are in a static solve; the translations of the discs
then move the spinal bodies linearly (`shifts`), which is what makes the solve cheap.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim.models.anatomy import BODIES, LEVELS, PARENTS, Model
from spinesim.models.posture import Posture
from spinesim.models.se3 import joint_rotation

_INDEX = {name: i for i, name in enumerate(BODIES)}
ABDOMEN = _INDEX["abdomen"]
FEMURS = (_INDEX["femur_r"], _INDEX["femur_l"])
SHANKS = (_INDEX["shank_foot_r"], _INDEX["shank_foot_l"])
UPPER_ARMS = (_INDEX["upper_arm_r"], _INDEX["upper_arm_l"])
FOREARMS = (_INDEX["forearm_hand_r"], _INDEX["forearm_hand_l"])
#: Joints whose moments muscles hold: the six levels, then the hips.
JOINTS = (*LEVELS, "hip_r", "hip_l")
#: The body just beyond each joint.
JOINT_BODY = (*range(1, len(LEVELS) + 1), *FEMURS)


def _outboard() -> np.ndarray:
    """(joint, body): 1 where the body hangs on the far side of the joint, seen from the pelvis."""
    beyond = np.zeros((len(JOINTS), len(BODIES)))
    for body in range(len(BODIES)):
        ancestor = body
        while ancestor >= 0:
            if ancestor in JOINT_BODY:
                beyond[JOINT_BODY.index(ancestor), body] = 1.0
            ancestor = PARENTS[ancestor]
    return beyond


OUTBOARD = _outboard()
SPINE_OUTBOARD = OUTBOARD[: len(LEVELS)]


class Frames(Record):
    """Rotation and origin of every body in pelvis axes, and the world seen from the pelvis."""

    rotation: Float[Array, "body 3 3"] = quantity("1", "body", "axis", "axis_b")
    origin: Float[Array, "body 3"] = quantity("m", "body", "axis")
    world: Float[Array, "3 3"] = quantity("1", "axis", "axis_b")  # world axes as columns


def shifts(translation: Float[Array, "level 3"]) -> Float[Array, "body 3"]:
    """How far every body moves [m] when the discs translate, all in pelvis axes."""
    return jnp.asarray(SPINE_OUTBOARD).T @ translation


def upright_frames(model: Model, posture: Posture) -> Frames:
    """Frames of all bodies with the legs as the posture draws them (before they lean, see `stance`)."""
    # The abdominal wall turns with the whole lumbar flexion on top of L5 (Christophy et al. 2012).
    follow = model.abdomen.flexion_follow * jnp.sum(posture.levels[:, 2])
    hinges = jnp.concatenate([posture.elbows, -posture.knees, follow[None]])
    about_z = jnp.pad(hinges[:, None], ((0, 0), (2, 0)))
    angles = [posture.pelvis[None], posture.levels, posture.head[None], posture.upper_arms, posture.femurs]
    turns = jax.vmap(joint_rotation)(jnp.concatenate([*angles, about_z]))
    pelvis, levels, head, limbs, hinged = jnp.split(turns, np.cumsum([1, len(LEVELS), 1, 4]))
    world = pelvis[0].T
    spine = [jnp.eye(3)]
    for level in levels:
        spine.append(spine[-1] @ level)
    limbs = world @ limbs
    arms, femurs = limbs[:2], limbs[2:]
    rotation = jnp.concatenate([
        jnp.stack(spine), (spine[-1] @ head[0])[None],
        arms, arms @ hinged[:2], femurs, femurs @ hinged[2:4], (spine[1] @ hinged[4])[None],
    ])  # fmt: skip
    return Frames(rotation, origins(model, rotation), world)


def origins(model: Model, rotation: Float[Array, "body 3 3"]) -> Float[Array, "body 3"]:
    """Origins of all bodies in pelvis axes [m], discs at rest, for given body rotations."""
    origin = [jnp.zeros(3)]
    for body in range(1, len(BODIES)):
        parent = PARENTS[body]
        origin.append(origin[parent] + rotation[parent] @ model.bodies.joint[body])
    return jnp.stack(origin)


def at(frames: Frames, body: tuple[int, ...], point: Float[Array, "n 3"]) -> Float[Array, "n 3"]:
    """Points given in the frames of their bodies, in pelvis axes [m]."""
    index = np.array(body)
    return frames.origin[index] + jnp.einsum("nij,nj->ni", frames.rotation[index], point)
