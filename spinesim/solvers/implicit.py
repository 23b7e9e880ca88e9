"""The one file that knows the implicit function theorem."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Root = Float[Array, "n"]
Residual = Callable[[Root, Any], Root]
Jacobian = Callable[[Root, Any], Float[Array, "n n"]]


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def with_implicit_gradient(residual: Residual, jacobian: Jacobian, root: Root, args: Any) -> Root:
    """Give a converged root its first derivative: d root = -jacobian^-1 d residual.

    Args:
        residual: function of a root and of `args` whose root was found.
        jacobian: derivative of `residual` with respect to the root, computed where a derivative is asked for.
        root: its root, carrying no derivative.
        args: what the derivative is taken with respect to.
    """
    return root


@with_implicit_gradient.defjvp
def _implicit_jvp(
    residual: Residual, jacobian: Jacobian, primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Root, Root]:
    root, args = primals
    _, change = jax.jvp(lambda given: residual(root, given), (args,), (tangents[1],))
    return root, -jnp.linalg.solve(jacobian(root, args), change)


#: (root, args, weight) -> weight . residual.
Product = Callable[[Root, Any, Root], Float[Array, ""]]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def with_reverse_gradient(product: Product, root: Root, args: Any) -> Root:
    """Give a converged root its first derivative in reverse mode, with no Jacobian known.

    Args:
        product: weighted sum of the residuals whose root was found.
        root: its root, carrying no derivative.
        args: what the derivative is taken with respect to, floating point throughout.
    """
    return root


def _root_and_args(product: Product, root: Root, args: Any) -> tuple[Root, tuple[Root, Any]]:
    return root, (root, args)


def _pull_back(product: Product, kept: tuple[Root, Any], bar: Root) -> tuple[Root, Any]:
    """args_bar = -adjoint . d residual / d args, where adjoint . Jacobian = bar.

    A lap of the loop pulls one weight back to root and args: first every row by itself, which fills the
    Jacobian, at last the adjoint. So the residual is differentiated and compiled once.
    """
    root, args = kept
    pull = jax.grad(product, argnums=(0, 1))

    def lap(number: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        jacobian, _ = state
        row = jnp.zeros_like(root).at[number].set(1.0)
        weight = jnp.where(number < root.size, row, -jnp.linalg.solve(jacobian.T, bar))
        by_root, by_args = pull(root, args, weight)
        filled = jnp.where(number < root.size, jacobian.at[number].set(by_root), jacobian)
        return filled, by_args

    start = jnp.eye(root.size, dtype=root.dtype), jax.tree.map(jnp.zeros_like, args)
    _, by_args = jax.lax.fori_loop(0, root.size + 1, lap, start)
    return jnp.zeros_like(root), by_args


with_reverse_gradient.defvjp(_root_and_args, _pull_back)
