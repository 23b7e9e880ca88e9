"""Many cases of one function: the shape of a batch that suits the machine."""

from collections.abc import Callable
from typing import TypeVar

import jax

T = TypeVar("T")
Result = TypeVar("Result")


def each(function: Callable[[T], Result], cases: T) -> Result:
    """`function` of every case of a stacked tree, results stacked.

    One after the other on a processor, which has no lanes to fill: there a `vmap` of loops makes every case
    wait for the slowest. Side by side elsewhere.
    """
    mapped = jax.lax.map if jax.default_backend() == "cpu" else lambda one, many: jax.vmap(one)(many)
    return mapped(function, cases)
