"""Ligaments of the hips: what stops a thigh that is bent back.

The capsule and its iliofemoral ligament tighten as the hip extends. Their moment grows with the square of
the extension, which is what the measured passive moment of the hip has beyond that of the muscles
(`hip_ligament` of the constants). A flexed hip is free of it, and so are turning and spreading.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import Model
from spinesim.models.kinematics import FEMURS, Frames

Femurs = Float[Array, "side 3 3"]  # rotation of the thighs, pelvis axes


def femurs(frames: Frames) -> Femurs:
    """Rotations of the thighs against the pelvis."""
    return frames.rotation[np.array(FEMURS)]


def ligament_energy(model: Model, femurs: Femurs) -> Float[Array, "side"]:
    """Elastic energy of the ligaments of each hip [J]."""
    return model.hip_ligament * _extension(model, femurs) ** 3 / 3


def ligament_stiffness(model: Model, femurs: Femurs) -> Float[Array, "side"]:
    """How their moment grows with extension [N m/rad]."""
    return 2 * model.hip_ligament * _extension(model, femurs)


def ligament_moment(model: Model, femurs: Femurs) -> Float[Array, "side 3"]:
    """Moment of the ligaments on each thigh [N m], pelvis axes: it flexes."""

    def along(femur: Float[Array, "3 3"]) -> Float[Array, "3"]:
        """Flexion of the hip per small rotation of the thigh: minus the slope of its extension."""
        x, y, z = _shaft(femur)
        return jnp.stack([-x * z, -y * z, x**2 + y**2]) / (x**2 + y**2)

    size = model.hip_ligament * _extension(model, femurs) ** 2
    return size[:, None] * jax.vmap(along)(femurs)


def hip_flexion(model: Model, femurs: Femurs) -> Float[Array, "side"]:
    """Angle of each thigh in front of neutral hip bones, in the sagittal plane of the pelvis [rad]."""
    x, y, _ = jax.vmap(_shaft)(femurs).T
    return jnp.arctan2(x, -y) - model.iliac_turn


def _extension(model: Model, femurs: Femurs) -> Float[Array, "side"]:
    return jnp.maximum(-hip_flexion(model, femurs), 0.0)


def _shaft(femur: Float[Array, "3 3"]) -> Float[Array, "3"]:
    """From the hip to the knee."""
    return -femur[:, 1]
