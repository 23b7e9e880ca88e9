"""Root of the gradient of a convex function: semismooth Newton with a line search on the slope.

The dual of a separable, regularised convex programme is convex and continuously differentiable, and
piecewise quadratic where the programme is quadratic. Along a Newton direction its slope only grows, so a
step is good when it has not gone far past the lowest point; the slope also says where that point lies.
No function value is needed, which would be too coarse near the root. Blind to anatomy.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Vector = Float[Array, "n"]
Matrix = Float[Array, "n n"]
#: point -> (minus the gradient, Hessian)
Descent = Callable[[Vector], tuple[Vector, Matrix]]

_PAST = 0.1  # slope past the lowest point, as a share of the starting slope, that is still good


class _Search(NamedTuple):
    point: Vector
    rows: Vector
    direction: Vector
    step: Float[Array, ""]
    trials: Int[Array, ""]


def solve(
    descent: Descent, guess: Vector, tolerance: Float[Array, "n"], max_steps: int
) -> tuple[Vector, Vector, Int[Array, ""]]:
    """Point at which every row of minus the gradient is below its tolerance, the rows, the trials."""

    def direction(rows: Vector, hessian: Matrix) -> Vector:
        return jax.scipy.linalg.cho_solve((jnp.linalg.cholesky(hessian), True), rows)

    def unfinished(search: _Search) -> Bool[Array, ""]:
        sound = jnp.all(jnp.isfinite(search.direction))
        return jnp.any(jnp.abs(search.rows) > tolerance) & (search.trials < max_steps) & sound

    def trial(search: _Search) -> _Search:
        point = search.point + search.step * search.direction
        rows, hessian = descent(point)
        falling, slope = search.rows @ search.direction, -rows @ search.direction
        take = (slope <= _PAST * falling) | (search.trials == 0)
        one = jnp.ones_like(search.step)
        taken = _Search(point, rows, direction(rows, hessian), one, search.trials + 1)
        lowest = search.step * jnp.clip(falling / (falling + slope), 0.1, 0.9)
        shorter = search._replace(step=lowest, trials=search.trials + 1)
        return jax.tree.map(lambda new, old: jnp.where(take, new, old), taken, shorter)

    # The first trial is the guess itself, so that the problem is compiled once, in the loop.
    one, zero = jnp.ones((), guess.dtype), jnp.zeros((), jnp.int32)
    unknown = jnp.full_like(guess, jnp.inf)
    start = _Search(guess, unknown, jnp.zeros_like(guess), one, zero)
    end = jax.lax.while_loop(unfinished, trial, start)
    return end.point, end.rows, end.trials
