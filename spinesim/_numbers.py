"""Numbers that a person gave, as arrays: range and NaN refused where the value can be seen."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from spinesim._names import within

#: One number: Python's, NumPy's or JAX's, traced or not.
Number = Real[ArrayLike, ""]
#: One number for both sides, or (right, left).
Pair = Number | tuple[Number, Number]


def number(name: str, value: Number, low: float, high: float) -> Float[Array, ""]:
    """`value` as an array; outside [low, high] and NaN are errors, unless JAX is tracing."""
    array = jnp.asarray(value, dtype=float)
    if not isinstance(array, jax.core.Tracer):
        within(name, array.item(), low, high)
    return array


def degrees(name: str, value: Number, low: float, high: float) -> Float[Array, ""]:
    """An angle given in degrees within [low, high], in radians."""
    return number(name, value, low, high) * (math.pi / 180)


def pair(name: str, value: Pair, low: float, high: float) -> Float[Array, "side"]:
    """One number for both sides or (right, left), each within [low, high]."""
    right, left = value if isinstance(value, tuple) else (value, value)
    return jnp.stack([number(name, right, low, high), number(name, left, low, high)])


def degrees_pair(name: str, value: Pair, low: float, high: float) -> Float[Array, "side"]:
    """Angles of both sides given in degrees, in radians."""
    return pair(name, value, low, high) * (math.pi / 180)
