"""The one file that knows the implicit function theorem."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Root = Float[Array, "n"]


def with_implicit_gradient(
    residual: Callable[[Root, Any], Root], root: Root, args: Any, jacobian: Float[Array, "n n"]
) -> Root:
    """Give a converged root its first derivative: one Newton step, Jacobian held still.

    Args:
        residual: function whose root was found.
        root: its root, carrying no derivative.
        args: what the derivative is taken with respect to.
        jacobian: derivative of `residual` with respect to the root, at the root.
    """
    root, jacobian = jax.lax.stop_gradient((root, jacobian))
    return root - jnp.linalg.solve(jacobian, residual(root, args))
