"""Rotations: exponential, logarithm and the joint convention of the spine.

Right-handed body frames: x anterior, y superior, z right. A joint's three angles are (lateral
bending about x, axial rotation about y, flexion-extension about z) and act in the order z, x, y
of the moving frame, the joint convention of Wu et al. (2002, J Biomech 35:543) and of the model of
Christophy et al. (2012). Positive: bending to the right, rotation to the left, extension.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

Rotation = Float[Array, "3 3"]
Vector = Float[Array, "3"]


def hat(v: Vector) -> Float[Array, "3 3"]:
    """Matrix of the cross product: hat(v) @ u = v x u."""
    x, y, z = v
    zero = jnp.zeros_like(x)
    return jnp.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]])


def product(left: Float[Array, "m 3"], right: Float[Array, "3 *n"]) -> Float[Array, "m *n"]:
    """left @ right written as a sum: XLA's code for processors makes a call of every small product, but
    fuses sums with what they are made of."""
    across = left if right.ndim == 1 else left[:, :, None]
    return across[:, 0] * right[0] + across[:, 1] * right[1] + across[:, 2] * right[2]


def solve_small(matrix: Float[Array, "3 3"], right: Vector) -> Vector:
    """Solution of three equations by Cramer's rule."""
    a, b, c = matrix.T
    across = jnp.cross(b, c)
    return jnp.stack([right @ across, a @ jnp.cross(right, c), a @ jnp.cross(b, right)]) / (a @ across)


def exp_rotation(phi: Vector) -> Rotation:
    """Rotation matrix of the rotation vector `phi` [rad] (Rodrigues), smooth at zero."""
    square = phi @ phi
    small = square < 1e-8
    angle = jnp.sqrt(jnp.where(small, 1.0, square))
    first = jnp.where(small, 1 - square / 6, jnp.sin(angle) / angle)
    second = jnp.where(small, 0.5 - square / 24, (1 - jnp.cos(angle)) / angle**2)
    k = hat(phi)
    return jnp.eye(3) + first * k + second * (k @ k)


def log_rotation(rotation: Rotation) -> Vector:
    """Rotation vector [rad] of a rotation matrix, smooth at zero, valid below 170 degrees."""
    skew = 0.5 * jnp.array(
        [
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        ]
    )
    square = skew @ skew  # sin^2
    cosine = 0.5 * (jnp.trace(rotation) - 1)
    small = square < 1e-8
    sine = jnp.sqrt(jnp.where(small, 1.0, square))
    angle = jnp.arctan2(sine, jnp.where(small, 1.0, cosine))
    return skew * jnp.where(small, 1 + square / 6, angle / sine)


def log_rate(phi: Vector) -> Float[Array, "3 3"]:
    """How the rotation vector `phi` follows a small rotation of the moving body, in fixed axes."""
    square = phi @ phi
    small = square < 1e-4
    angle = jnp.sqrt(jnp.where(small, 1.0, square))
    curved = (1 - angle / (2 * jnp.tan(angle / 2))) / angle**2
    k = hat(phi)
    return jnp.eye(3) - k / 2 + jnp.where(small, 1 / 12 + square / 720, curved) * (k @ k)


def joint_rotation(angles: Vector) -> Rotation:
    """Rotation of a joint from (bending x, axial y, extension z) [rad], order z, x, y."""
    cx, cy, cz = jnp.cos(angles)
    sx, sy, sz = jnp.sin(angles)
    return jnp.array(
        [
            [cz * cy - sz * sx * sy, -sz * cx, cz * sy + sz * sx * cy],
            [sz * cy + cz * sx * sy, cz * cx, sz * sy - cz * sx * cy],
            [-cx * sy, sx, cx * cy],
        ]
    )


def about_x(angle: Float[Array, ""]) -> Rotation:
    """Rotation by `angle` [rad] about x (bending to the right)."""
    return joint_rotation(jnp.zeros(3).at[0].set(angle))


def about_z(angle: Float[Array, ""]) -> Rotation:
    """Rotation by `angle` [rad] about z (extension)."""
    return joint_rotation(jnp.zeros(3).at[2].set(angle))


def extension_rate(angles: Vector) -> Vector:
    """How the extension angle of `joint_rotation` follows a small rotation dw of the moving body.

    d(extension) = extension_rate . dw, both in the axes of the fixed body.
    """
    lateral, _, extension = angles
    tangent = jnp.tan(lateral)
    return jnp.array([jnp.sin(extension) * tangent, -jnp.cos(extension) * tangent, jnp.ones_like(tangent)])


def wrench_of(
    arm: Float[Array, "n 3"], force: Float[Array, "n 3"], slope: Float[Array, "n 3 3"]
) -> tuple[Float[Array, "6"], Float[Array, "6 3"]]:
    """Sum of forces at the ends of arms as force and moment, and its slope when the arms are held."""
    wrench = jnp.concatenate([jnp.sum(force, 0), jnp.sum(jnp.cross(arm, force), 0)])
    turning = jnp.cross(arm[:, :, None], slope, axis=1)
    return wrench, jnp.concatenate([jnp.sum(slope, 0), jnp.sum(turning, 0)])
