"""Numbers that a person gave, as arrays: range and NaN refused where the value can be seen."""

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float, Real

from spinesim._names import within

#: One number: Python's, NumPy's or JAX's, traced or not.
Number = Real[ArrayLike, ""]
#: One number for both sides, or (right, left).
Pair = Number | tuple[Number, Number]
#: Many numbers, as an array or as nested sequences.
Numbers = Real[Array, "..."] | Real[np.ndarray, "..."] | Sequence[Any]


def number(name: str, value: Number, low: float, high: float) -> Float[Array, ""]:
    """`value` as an array; outside [low, high] and NaN are errors, unless JAX is tracing."""
    try:
        array = jnp.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, not {value!r}") from None
    if array.shape:
        raise ValueError(f"{name} must be one number, not {array.size}")
    if not isinstance(array, Tracer):
        within(name, array.item(), low, high)
    return array


def degrees(name: str, value: Number, low: float, high: float) -> Float[Array, ""]:
    """An angle given in degrees within [low, high], in radians."""
    return number(name, value, low, high) * (math.pi / 180)


def pair(name: str, value: Pair, low: float, high: float) -> Float[Array, "side"]:
    """One number for both sides or (right, left), each within [low, high]."""
    both = value if isinstance(value, tuple) else (value, value)
    if len(both) != 2:
        raise ValueError(f"{name} must be one number or (right, left), not {len(both)} numbers")
    right, left = both
    return jnp.stack([number(name, right, low, high), number(name, left, low, high)])


def degrees_pair(name: str, value: Pair, low: float, high: float) -> Float[Array, "side"]:
    """Angles of both sides given in degrees, in radians."""
    return pair(name, value, low, high) * (math.pi / 180)


def degrees_array(name: str, value: Numbers, shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Angles given in degrees, in radians; another shape is an error, and so is NaN unless traced."""
    array = jnp.asarray(value, dtype=float)
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, not {array.shape}")
    if not isinstance(array, Tracer) and not bool(jnp.all(jnp.isfinite(array))):
        raise ValueError(f"{name} must be finite")
    return array * (math.pi / 180)
