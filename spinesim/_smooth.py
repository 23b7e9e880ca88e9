"""Rounded corners and safe norms: every derivative stays finite at the singular points."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def safe_norm(vector: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    """Euclidean length over the last axis, with derivative zero at the origin."""
    square = jnp.sum(vector * vector, axis=-1)
    zero = square == 0
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, square)))


def ramp(x: Float[Array, "*batch"], width: float | Float[Array, "..."]) -> Float[Array, "*batch"]:
    """max(x, 0) with its corner rounded over [0, width]: exactly 0 below, x - width/2 above.

    The rounding is the C2 polynomial t^3 - t^4/2 of t = x / width, so a force built on it is
    exactly zero without contact and its stiffness has no jump.
    """
    t = jnp.clip(x / width, 0.0, 1.0)
    return width * (t**3 - 0.5 * t**4) + jnp.maximum(x - width, 0.0)


def ramp_slope(x: Float[Array, "*batch"], width: float | Float[Array, "..."]) -> Float[Array, "*batch"]:
    """Derivative of `ramp`."""
    t = jnp.clip(x / width, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def ramp_integral(x: Float[Array, "*batch"], width: float | Float[Array, "..."]) -> Float[Array, "*batch"]:
    """Integral of `ramp` from 0: the energy whose derivative is `ramp`."""
    t = jnp.clip(x / width, 0.0, 1.0)
    beyond = jnp.maximum(x - width, 0.0)
    return width**2 * (t**4 / 4 - t**5 / 10) + 0.5 * width * beyond + 0.5 * beyond**2
