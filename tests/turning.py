"""Joint angles of a rotation, for tests that turn parts of the body."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def angles_of(rotation: Float[Array, "3 3"]) -> Float[Array, "3"]:
    """Inverse of `se3.joint_rotation` for bending within a right angle [rad]."""
    return jnp.stack([
        jnp.arcsin(rotation[2, 1]),
        jnp.arctan2(-rotation[2, 0], rotation[2, 2]),
        jnp.arctan2(-rotation[0, 1], rotation[1, 1]),
    ])  # fmt: skip
