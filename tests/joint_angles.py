"""The model as a function of a flat list of joint angles, for tests of paths and their moment arms.

Angles [rad]: six levels, then right and left hip, each (bending x, axial y, extension z) in the order
of `se3.joint_rotation`; then the flexion of the right and left knee. The pelvis stands still.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import LEVELS, SIDES, Model
from spinesim.models.kinematics import Frames, upright_frames
from spinesim.models.paths import lengths
from spinesim.models.posture import Posture

JOINTS = (*LEVELS, "hip_r", "hip_l")
N_ANGLES = 3 * len(JOINTS) + len(SIDES)
#: How these tests spread lumbar motion over the levels, L5S1 to T12L1.
SHARES = np.array([0.2, 0.2, 0.2, 0.2, 0.1, 0.1])
Angles = Float[Array, f"{N_ANGLES}"]


def joint(name: str, axis: str, degrees: float | Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n angle"]:
    """Angles [rad] with one joint turned about one of its axes."""
    angles = np.zeros((*np.shape(degrees), N_ANGLES))
    angles[..., 3 * JOINTS.index(name) + "xyz".index(axis)] = np.deg2rad(degrees)
    return angles


def lumbar(axis: str, degrees: float | Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n angle"]:
    """Angles [rad] with the lumbar spine turned about one axis, spread over its levels."""
    turned = [joint(name, axis, share * degrees) for name, share in zip(LEVELS, SHARES, strict=True)]
    return np.sum(turned, axis=0)


def hips(axis: str, degrees: float | Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n angle"]:
    """Angles [rad] with both hips turned alike: mirrored in abduction (-x right) and rotation."""
    mirror = 1.0 if axis == "z" else -1.0
    return joint("hip_r", axis, degrees) + mirror * joint("hip_l", axis, degrees)


def knees(degrees: float | Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n angle"]:
    """Angles [rad] with both knees bent."""
    angles = np.zeros((*np.shape(degrees), N_ANGLES))
    angles[..., -len(SIDES) :] = np.deg2rad(degrees)[..., None]
    return angles


def frames(model: Model, angles: Angles) -> Frames:
    """Frames of all bodies at these joint angles."""
    joints, knee = angles[: -len(SIDES)].reshape(-1, 3), angles[-len(SIDES) :]
    posture = eqx.tree_at(
        lambda p: (p.pelvis, p.levels, p.femurs, p.knees),
        Posture.standing(),
        (jnp.zeros(3), joints[: len(LEVELS)], joints[len(LEVELS) :], knee),
    )
    return upright_frames(model, posture)


def path_lengths(model: Model, angles: Angles) -> Float[Array, "fascicle"]:
    """Length of each fascicle at these joint angles [m]."""
    posed = frames(model, angles)
    return lengths(model, posed.rotation, posed.origin)


@eqx.filter_jit
def lengths_and_arms(
    model: Model, angles: Float[Array, "n angle"]
) -> tuple[Float[Array, "n fascicle"], Float[Array, "n fascicle angle"]]:
    """Lengths [m] and moment arms -d length / d angle [m] at many joint angles."""
    length = jax.vmap(lambda q: path_lengths(model, q))(angles)
    arm = -jax.lax.map(jax.jacfwd(lambda q: path_lengths(model, q)), angles, batch_size=16)
    return length, arm
