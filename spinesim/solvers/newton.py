"""Newton's method with a line search on the residual, blind to anatomy.

The caller may settle part of the unknowns at every trial (an inner problem that is solved exactly for the
rest), so that the residual measures the rest alone.

One trial point an iteration: it is settled and linearised at once; an accepted trial gives a new
direction, a rejected one halves the step along the old direction. A batch under `vmap` so never pays for
the longest line search of its cases.

Where the residual folds (muscles at the edge of being silent or full may turn it round), directions point
back and forth across the fold and no step is short enough. The shortest step and the whole step are then
taken by turns: either may lead away from the fold, and the two do not go round in a circle.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Vector = Float[Array, "n"]
Matrix = Float[Array, "n n"]


class Linear(NamedTuple):
    """A settled point with its residual and Jacobian."""

    point: Vector
    residual: Vector
    jacobian: Matrix
    inner_steps: Int[Array, ""]


Linearise = Callable[[Vector], Linear]


class Newton(eqx.Module):
    """Options of the Newton solve.

    Args:
        max_steps: trials allowed.
        inner_steps: trials allowed to settle the multipliers at each of them.
        shortest: least step of the line search.
    """

    max_steps: int = eqx.field(static=True, default=60)
    inner_steps: int = eqx.field(static=True, default=500)
    shortest: float = eqx.field(static=True, default=0.125)


class End(NamedTuple):
    """Where a Newton solve stopped."""

    linear: Linear
    steps: Int[Array, ""]
    inner_steps: Int[Array, ""]
    converged: Bool[Array, ""]


class _Search(NamedTuple):
    linear: Linear
    direction: Vector
    step: Float[Array, ""]
    leap: Bool[Array, ""]  # whether the trial is taken however large its residual
    folds: Int[Array, ""]  # directions along which no step was short enough
    steps: Int[Array, ""]
    inner_steps: Int[Array, ""]


def solve(linearise: Linearise, guess: Vector, unit: Vector, tolerance: Vector, method: Newton) -> End:
    """Root of a square system.

    Args:
        linearise: point -> settled point, residual and Jacobian there.
        guess: starting point.
        unit: size of each row that counts alike in the merit function.
        tolerance: largest residual of each row at a root.
        method: options.
    """

    def direction(linear: Linear) -> Vector:
        return -jnp.linalg.solve(linear.jacobian, linear.residual)

    def size(linear: Linear) -> Float[Array, ""]:
        return jnp.linalg.norm(linear.residual / unit)

    def done(linear: Linear) -> Bool[Array, ""]:
        return jnp.all(jnp.abs(linear.residual) <= tolerance)

    def unfinished(search: _Search) -> Bool[Array, ""]:
        sound = jnp.all(jnp.isfinite(search.direction))
        return ~done(search.linear) & (search.steps < method.max_steps) & sound

    def trial(search: _Search) -> _Search:
        new = linearise(search.linear.point + search.step * search.direction)
        enough = size(new) <= (1 - 1e-4 * search.step) * size(search.linear)
        fold = ~enough & ~search.leap & (search.step <= method.shortest)
        leap = fold & (search.folds % 2 == 1)
        take = enough | search.leap | (fold & ~leap)
        step = jnp.where(leap, 1.0, 0.5 * search.step)
        count = (search.folds + fold, search.steps + 1, search.inner_steps + new.inner_steps)
        taken = _Search(new, direction(new), jnp.ones_like(step), jnp.zeros_like(leap), *count)
        shorter = _Search(search.linear, search.direction, step, leap, *count)
        return jax.tree.map(lambda new, old: jnp.where(take, new, old), taken, shorter)

    # Nothing is known at the guess: its residual counts as infinite, so the first trial is taken there.
    # The problem is then traced and compiled once, in the loop.
    one, zero = jnp.ones((), guess.dtype), jnp.zeros((), jnp.int32)
    unknown = jnp.full_like(guess, jnp.inf)
    nowhere = Linear(guess, unknown, jnp.zeros((guess.size, guess.size), guess.dtype), zero)
    start = _Search(nowhere, jnp.zeros_like(guess), one, jnp.zeros((), bool), zero, zero, zero)
    end = jax.lax.while_loop(unfinished, trial, start)
    return End(end.linear, end.steps, end.inner_steps, done(end.linear))
