"""Lowest point of a convex function: semismooth Newton with a search along every direction.

The dual of a separable, regularised convex programme is convex and continuously differentiable, and
piecewise quadratic where the programme is quadratic. Along a line its slope only grows, and costs next
to nothing beside a Hessian: so the lowest point of the line is found, across as many pieces as lie on
the way. No function value is needed, which would be too coarse near the root. Blind to anatomy.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Scalar = Float[Array, ""]
Vector = Float[Array, "n"]
Matrix = Float[Array, "n n"]
Slope = Callable[[Scalar], Scalar]  # step along a line -> slope of the function there

#: Slope left at the end of a step, as a share of that at its start, and slopes looked at to get there.
_FLAT, _LOOKS = 0.1, 30


class Convex(NamedTuple):
    """A convex function, known by its derivatives."""

    descent: Callable[[Vector], tuple[Vector, Matrix]]  # point -> minus the gradient, Hessian
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

    def unfinished(search: _Search) -> Bool[Array, ""]:
        sound = jnp.all(jnp.isfinite(search.direction))
        return jnp.any(jnp.abs(search.rows) > tolerance) & (search.trials < max_steps) & sound

    def trial(search: _Search) -> _Search:
        step = lowest(function.along(search.point, search.direction))
        point = search.point + step * search.direction
        rows, hessian = function.descent(point)
        direction = jax.scipy.linalg.cho_solve((jnp.linalg.cholesky(hessian), True), rows)
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


def lowest(slope: Slope) -> Scalar:
    """Step at which a growing `slope` has all but vanished; 1 is tried first.

    Steps grow until they pass it, then close in on it by the Illinois form of the false position
    (Dowell and Jarratt 1971, BIT 11:168).
    """
    zero, one = jnp.zeros(()), jnp.ones(())
    start = slope(zero)

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

    nowhere = jnp.full((), jnp.inf)
    first = _Bracket(zero, start, nowhere, nowhere, one, slope(one), jnp.ones((), jnp.int32))
    return jax.lax.while_loop(unfinished, look, first).step
