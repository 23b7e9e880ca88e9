"""Sagittal alignment of pelvis and lumbar spine, in the field's angles."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim.models.anatomy import BODIES, Model
from spinesim.models.incidence import sacral_plate
from spinesim.models.kinematics import FEMURS, Frames

_L1 = BODIES.index("thorax") - 1


class Alignment(Record):
    """Angles of a standing radiograph, in the sagittal plane of the pelvis [rad].

    pelvic_incidence = pelvic_tilt + sacral_slope by construction (Legaye et al. 1998).
    """

    pelvic_incidence: Float[Array, ""] = quantity("rad")
    pelvic_tilt: Float[Array, ""] = quantity("rad")  # S1 behind the hips: positive
    sacral_slope: Float[Array, ""] = quantity("rad")  # S1 endplate sloping forward and down
    lumbar_lordosis: Float[Array, ""] = quantity("rad")  # S1 endplate to the top of L1


def alignment(model: Model, frames: Frames) -> Alignment:
    """Alignment of a posed body."""
    sacrum, upward = sacral_plate(model)
    endplate = jnp.array([upward[1], -upward[0], 0.0])
    to_sacrum = sacrum - jnp.mean(model.bodies.joint[np.array(FEMURS)], axis=0)
    vertical, forward = frames.world[:, 1], frames.world[:, 0]
    pelvic_tilt = -jnp.arctan2(to_sacrum @ forward, to_sacrum @ vertical)
    sacral_slope = -jnp.arctan2(endplate @ vertical, endplate @ forward)
    top = frames.rotation[_L1] @ jnp.array(
        [jnp.cos(model.lumbar_endplate), jnp.sin(model.lumbar_endplate), 0.0]
    )
    lordosis = jnp.arctan2(endplate[0] * top[1] - endplate[1] * top[0], endplate[:2] @ top[:2])
    return Alignment(
        pelvic_incidence=pelvic_tilt + sacral_slope,
        pelvic_tilt=pelvic_tilt,
        sacral_slope=sacral_slope,
        lumbar_lordosis=lordosis,
    )
