"""Newton's method for the lowest point of an energy, blind to anatomy.

The exact Hessian is made positive definite by taking the size of each of its eigenvalues, so every
direction leads downhill; a trial that does not lower the energy halves the step. As in `newton`, one trial
point an iteration, so that a batch under `vmap` never pays for the longest line search of its cases.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Vector = Float[Array, "n"]
#: Energies closer than this, relative to their size, count as equal: their difference is rounding.
ROUNDING = 1e-13


class Valley(NamedTuple):
    """A point with the energy there, its slope and its curvature, and what else the survey `found`."""

    point: Vector
    energy: Float[Array, ""]
    gradient: Vector
    hessian: Float[Array, "n n"]
    found: Any = None


class Descent(eqx.Module):
    """Options of the descent.

    Args:
        max_steps: trials allowed.
        reach: longest step, in units of the unknowns.
        softest: smallest curvature used, over the greatest.
    """

    max_steps: int = eqx.field(static=True, default=100)
    reach: float = eqx.field(static=True, default=3.0)
    softest: float = eqx.field(static=True, default=1e-8)


class Bottom(NamedTuple):
    """Where a descent stopped."""

    valley: Valley
    steps: Int[Array, ""]
    converged: Bool[Array, ""]


class _Search(NamedTuple):
    valley: Valley
    direction: Vector
    step: Float[Array, ""]
    steps: Int[Array, ""]


def descend(
    survey: Callable[[Vector], Valley],
    guess: Vector,
    unit: Vector,
    tolerance: Vector,
    method: Descent,
    found: Any = None,
) -> Bottom:
    """A point without slope, reached by going down from `guess`.

    Args:
        survey: point -> the valley there.
        guess: starting point.
        unit: size of each unknown that counts alike.
        tolerance: largest slope of each unknown at the bottom.
        method: options.
        found: anything of the shape of what the survey finds.
    """

    def done(valley: Valley) -> Bool[Array, ""]:
        return jnp.all(jnp.abs(valley.gradient) <= tolerance)

    def downhill(valley: Valley) -> Vector:
        value, mode = jnp.linalg.eigh(unit[:, None] * valley.hessian * unit)
        size = jnp.maximum(jnp.abs(value), method.softest * jnp.max(jnp.abs(value)))
        step = -mode @ ((mode.T @ (unit * valley.gradient)) / size)
        return unit * step / jnp.maximum(1.0, jnp.max(jnp.abs(step)) / method.reach)

    def unfinished(search: _Search) -> Bool[Array, ""]:
        return ~done(search.valley) & (search.steps < method.max_steps)

    def trial(search: _Search) -> _Search:
        old, steps = search.valley, search.steps + 1
        new = survey(old.point + search.step * search.direction)
        promised = 1e-4 * search.step * (old.gradient @ search.direction)
        take = new.energy <= old.energy + promised + ROUNDING * (1 + jnp.abs(old.energy))
        taken = _Search(new, downhill(new), jnp.ones_like(search.step), steps)
        shorter = _Search(old, search.direction, 0.5 * search.step, steps)
        return jax.tree.map(lambda new, old: jnp.where(take, new, old), taken, shorter)

    # Nothing is known at the guess: its energy counts as infinite, so the first trial is taken there.
    high, steep = jnp.full((), jnp.inf, guess.dtype), jnp.full_like(guess, jnp.finfo(guess.dtype).max)
    nowhere = Valley(guess, high, steep, jnp.eye(guess.size, dtype=guess.dtype), found)
    start = _Search(nowhere, jnp.zeros_like(guess), jnp.ones_like(high), jnp.zeros((), jnp.int32))
    end = jax.lax.while_loop(unfinished, trial, start)
    return Bottom(end.valley, end.steps, done(end.valley))
