"""The one file that knows the implicit function theorem."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Root = Float[Array, "n"]


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def with_implicit_gradient(
    residual: Callable[[Root, Any], Root], root: Root, args: Any, jacobian: Float[Array, "n n"]
) -> Root:
    """Give a converged root its first derivative: d root = -jacobian^-1 d residual.

    Args:
        residual: function of a root and of `args` whose root was found.
        root: its root, carrying no derivative.
        args: what the derivative is taken with respect to.
        jacobian: derivative of `residual` with respect to the root, at the root.
    """
    return root


@with_implicit_gradient.defjvp
def _implicit_jvp(
    residual: Callable[[Root, Any], Root], primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Root, Root]:
    root, args, jacobian = primals
    _, change = jax.jvp(lambda given: residual(root, given), (args,), (tangents[1],))
    return root, -jnp.linalg.solve(jacobian, change)
