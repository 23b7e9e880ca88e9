"""Semismooth Newton with a line search, blind to anatomy.

One trial point an iteration: the residual and its Jacobian are evaluated together at the trial; an
accepted trial gives a new direction, a rejected one halves the step along the old direction. A batch
under `vmap` so never pays for the longest line search of its cases.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Vector = Float[Array, "n"]
Matrix = Float[Array, "n n"]
Linearised = Callable[[Vector], tuple[Vector, Matrix]]


class Newton(eqx.Module):
    """Options of the Newton solve.

    Args:
        max_steps: trials allowed.
        decrease: share of the predicted decrease of the residual norm that a step must bring.
        shortest: shortest step that is tried before the step is taken regardless.
    """

    max_steps: int = eqx.field(static=True, default=100)
    decrease: float = eqx.field(static=True, default=1e-4)
    shortest: float = eqx.field(static=True, default=2.0**-12)


class End(NamedTuple):
    """Where a Newton solve stopped."""

    root: Vector
    residual: Vector
    jacobian: Matrix
    steps: Int[Array, ""]
    converged: Bool[Array, ""]


class _Search(NamedTuple):
    root: Vector
    residual: Vector
    jacobian: Matrix
    direction: Vector
    step: Float[Array, ""]
    count: Int[Array, ""]


def solve(
    linearise: Linearised, guess: Vector, unit: Vector, tolerance: Vector, method: Newton
) -> End:
    """Root of a square system.

    Args:
        linearise: point -> (residual, Jacobian).
        guess: starting point.
        unit: size of each row that counts alike in the merit function.
        tolerance: largest residual of each row at a root.
        method: options.
    """

    def direction(residual: Vector, jacobian: Matrix) -> Vector:
        return -jnp.linalg.solve(jacobian, residual)

    def size(residual: Vector) -> Float[Array, ""]:
        return jnp.linalg.norm(residual / unit)

    def done(residual: Vector) -> Bool[Array, ""]:
        return jnp.all(jnp.abs(residual) <= tolerance)

    def unfinished(search: _Search) -> Bool[Array, ""]:
        sound = jnp.all(jnp.isfinite(search.direction))
        return ~done(search.residual) & (search.count < method.max_steps) & sound

    def trial(search: _Search) -> _Search:
        point = search.root + search.step * search.direction
        residual, jacobian = linearise(point)
        enough = size(residual) <= (1 - method.decrease * search.step) * size(search.residual)
        take = enough | (search.step <= method.shortest)
        taken = _Search(
            point, residual, jacobian, direction(residual, jacobian), jnp.ones_like(search.step),
            search.count + 1,
        )  # fmt: skip
        shorter = search._replace(step=0.5 * search.step, count=search.count + 1)
        return jax.tree.map(lambda new, old: jnp.where(take, new, old), taken, shorter)

    residual, jacobian = linearise(guess)
    one = jnp.ones((), residual.dtype)
    start = _Search(
        guess, residual, jacobian, direction(residual, jacobian), one, jnp.zeros((), jnp.int32)
    )
    end = jax.lax.while_loop(unfinished, trial, start)
    return End(end.root, end.residual, end.jacobian, end.count, done(end.residual))
