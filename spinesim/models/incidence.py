"""Pelvic incidence: how the sacrum is set between the hip bones.

Incidence is the angle between the normal of the S1 endplate and the line from its middle to the hips (Legaye
et al. 1998, Eur Spine J 7:99). Another incidence turns both hip bones as one about the middle of the S1
endplate, with hips, muscle attachments, wrapping surfaces and contacts on them; sacrum, spine and the waist
stay. The frame of the pelvis is that of the sacrum. Fibre lengths and the resting shape of the discs stay as
well: nothing of the body is adapted to its pelvis.
"""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from spinesim.models.anatomy import BODIES, Model
from spinesim.models.kinematics import FEMURS
from spinesim.models.se3 import about_z
from spinesim.models.tables import constants

_PELVIS = BODIES.index("pelvis")
Angle = Float[Array, ""]
Points = Float[Array, "point 3"]


def sacral_plate(model: Model) -> tuple[Float[Array, "3"], Float[Array, "3"]]:
    """Middle of the S1 endplate [m] and its normal, in pelvis axes.

    The middle lies half a disc height below the L5/S1 disc centre.
    """
    tilt = model.sacral_endplate
    normal = jnp.stack([-jnp.sin(tilt), jnp.cos(tilt), jnp.zeros_like(tilt)])
    return model.bodies.joint[1] - 0.5 * model.discs.height[0] * normal, normal


def incidence(model: Model) -> Angle:
    """Pelvic incidence [rad]."""
    middle, normal = sacral_plate(model)
    down = jnp.mean(model.bodies.joint[np.array(FEMURS)], axis=0) - middle
    return jnp.arctan2(down[0] * normal[1] - down[1] * normal[0], -(down @ normal))


def with_incidence(model: Model, wanted: Angle) -> Model:
    """The same body with another pelvic incidence [rad]; differentiable in it."""
    turn = wanted - incidence(model)
    middle, _ = sacral_plate(model)
    rotation = about_z(turn)

    def turned(points: Points, which: Bool[Array, "point"]) -> Points:
        return jnp.where(which[:, None], (points - middle) @ rotation.T + middle, points)

    def of_hip_bones(points: Points, body: tuple[int, ...]) -> Points:
        return turned(points, _on_hip_bones(model, points, body))

    joint, com, wraps = model.bodies.joint, model.bodies.com, model.wraps
    pelvis = jnp.asarray(np.arange(len(BODIES)) == _PELVIS)
    attached = _on_hip_bones(model, model.paths.position, model.paths.body) & ~jnp.asarray(_hanging(model))
    surfaces = jnp.asarray(np.array(wraps.body) == _PELVIS)
    abdomen = replace(model.abdomen, pelvic_floor=rotation @ (model.abdomen.pelvic_floor - middle) + middle)
    return eqx.tree_at(
        lambda m: (
            m.bodies.joint, m.bodies.com, m.paths.position, m.wraps.centre, m.wraps.rotation,
            m.contacts.position, m.abdomen, m.iliac_turn,
        ),
        model,
        (
            turned(joint, jnp.asarray(np.isin(np.arange(len(BODIES)), FEMURS))),
            turned(com, pelvis),
            turned(model.paths.position, attached),
            turned(wraps.centre, surfaces),
            jnp.where(surfaces[:, None, None], rotation @ wraps.rotation, wraps.rotation),
            of_hip_bones(model.contacts.position, model.contacts.body),
            abdomen,
            model.iliac_turn + turn,
        ),
    )  # fmt: skip


def _on_hip_bones(model: Model, points: Points, body: tuple[int, ...]) -> Bool[Array, "point"]:
    """Which points are on the hip bones: on the pelvis but not on the sacrum, behind L5/S1 in the middle."""
    behind = points[:, 0] < model.bodies.joint[1, 0]
    middle = jnp.abs(points[:, 2]) < constants()["sacrum_half_width"]
    return jnp.asarray(np.array(body) == _PELVIS) & ~(behind & middle)


def _hanging(model: Model) -> np.ndarray:
    """Path points of transversus that hang between the bones of the waist: all but its ends."""
    owner = np.array(model.paths.fascicle)
    inner = (np.diff(owner, prepend=-1) == 0) & (np.diff(owner, append=-1) == 0)
    return inner & (np.array(model.fascicles.group)[owner] == "transversus_abdominis")
