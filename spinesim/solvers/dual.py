"""Lowest point of a convex function: semismooth Newton with a search along every direction.

The dual of a separable, regularised convex programme is convex and continuously differentiable, and
piecewise quadratic where the programme is quadratic. Along a line its slope only grows, and costs next
to nothing beside a Hessian: so the lowest point of the line is found, across as many pieces as lie on
the way. No function value is needed, which would be too coarse near the root. Blind to anatomy.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Scalar = Float[Array, ""]
Vector = Float[Array, "n"]
Matrix = Float[Array, "n n"]
Slope = Callable[[Scalar], Scalar]  # step along a line -> slope of the function there

#: Slope left at the end of a step, as a share of that at its start, and slopes looked at to get there.
_FLAT, _LOOKS = 0.2, 30


class Convex(NamedTuple):
    """A convex function, known by its derivatives."""

    descent: Callable[[Vector], tuple[Vector, Any]]  # point -> minus the gradient, what the Hessian needs
    hessian: Callable[[Any], Matrix]
    along: Callable[[Vector, Vector], Slope]  # start, direction -> slope on the way


class _Search(NamedTuple):
    point: Vector
    rows: Vector
    direction: Vector
    trials: Int[Array, ""]


def solve(
    function: Convex, guess: Vector, tolerance: Float[Array, "n"], max_steps: int
) -> tuple[Vector, Vector, Int[Array, ""]]:
    """Point at which every row of minus the gradient is below its tolerance, the rows, the trials."""

    def settled(rows: Vector) -> Bool[Array, ""]:
        return jnp.all(jnp.abs(rows) <= tolerance)

    def unfinished(search: _Search) -> Bool[Array, ""]:
        sound = jnp.all(jnp.isfinite(search.direction))
        return ~settled(search.rows) & (search.trials < max_steps) & sound

    def trial(search: _Search) -> _Search:
        start, direction = search.point, search.direction
        falling = -search.rows @ direction

        def searched() -> tuple[Vector, Vector, Any]:
            step = lowest(function.along(start, direction), falling, rising)
            return start + step * direction, *function.descent(start + step * direction)

        # Most whole steps are good, and the point they lead to is what is looked at anyway.
        whole = start + direction, *function.descent(start + direction)
        rising = -whole[1] @ direction
        enough = (search.trials == 0) | (jnp.abs(rising) <= -_FLAT * falling)
        point, rows, answer = jax.lax.cond(enough, lambda: whole, searched)

        def newton() -> Vector:
            return jax.scipy.linalg.cho_solve((jnp.linalg.cholesky(function.hessian(answer)), True), rows)

        direction = jax.lax.cond(settled(rows), lambda: jnp.zeros_like(rows), newton)
        return _Search(point, rows, direction, search.trials + 1)

    # The first trial is the guess itself, so that the problem is compiled once, in the loop.
    unknown = jnp.full_like(guess, jnp.inf)
    start = _Search(guess, unknown, jnp.zeros_like(guess), jnp.zeros((), jnp.int32))
    end = jax.lax.while_loop(unfinished, trial, start)
    return end.point, end.rows, end.trials


class _Bracket(NamedTuple):
    """Steps before and beyond the lowest point, the step looked at, and their slopes."""

    before: Scalar
    falling: Scalar
    beyond: Scalar
    rising: Scalar
    step: Scalar
    slope: Scalar
    looks: Int[Array, ""]


def lowest(slope: Slope, start: Scalar, whole: Scalar) -> Scalar:
    """Step at which a growing `slope` has all but vanished; it is `start` at 0 and `whole` at 1.

    Steps grow until they pass it, then close in on it by the Illinois form of the false position
    (Dowell and Jarratt 1971, BIT 11:168).
    """

    def unfinished(at: _Bracket) -> Bool[Array, ""]:
        return (jnp.abs(at.slope) > -_FLAT * start) & (at.looks < _LOOKS)

    def look(at: _Bracket) -> _Bracket:
        short = at.slope < 0
        before, beyond = jnp.where(short, at.step, at.before), jnp.where(short, at.beyond, at.step)
        # The end that stays counts half at the next look, so that both ends close in.
        falling = jnp.where(short, at.slope, 0.5 * at.falling)
        rising = jnp.where(short, 0.5 * at.rising, at.slope)
        crossing = (before * rising - beyond * falling) / (rising - falling)
        step = jnp.where(jnp.isinf(beyond), 4.0 * before, crossing)
        return _Bracket(before, falling, beyond, rising, step, slope(step), at.looks + 1)

    nowhere = jnp.full_like(start, jnp.inf)
    first = _Bracket(
        jnp.zeros_like(start), start, nowhere, nowhere, jnp.ones_like(start), whole, jnp.ones((), jnp.int32)
    )
    return jax.lax.while_loop(unfinished, look, first).step
