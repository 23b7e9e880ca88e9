"""Newton's method with a line search on the residual, blind to anatomy.

The caller may settle part of the unknowns at every trial (an inner problem that is solved exactly for the
rest), so that the residual measures the rest alone.

One trial point an iteration: it is settled and linearised at once; an accepted trial gives a new
direction, a rejected one halves the step along the old direction. A batch under `vmap` so never pays for
the longest line search of its cases.

A Jacobian is dear. A first direction far from the root does without: a coarse one leads as near. And after a
trial that came a thousand times nearer the factors at hand are as good as new ones: what they miss is a
thousandth of what is left.

Where the residual folds (muscles at the edge of being silent or full may turn it round), directions point
back and forth across the fold and no step is short enough. The shortest step and the whole step are then
taken by turns: either may lead away from the fold, and the two do not go round in a circle.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import lu_factor, lu_solve
from jaxtyping import Array, Bool, Float, Int

Vector = Float[Array, "n"]
Matrix = Float[Array, "n n"]
Scalar = Float[Array, ""]


class Visit(NamedTuple):
    """A settled point, its residual, what the caller wants to know at the next trial, and the cost."""

    point: Vector
    residual: Vector
    known: Any
    inner_steps: Int[Array, ""]


class Aim(NamedTuple):
    """Where a trial goes from a visit."""

    direction: Vector
    step: Scalar
    size: Scalar  # of the residual at the visit
    steps: Int[Array, ""]  # trials before


#: Where it starts, where it goes -> settled point; its Jacobian.
Trial = Callable[[Visit, Aim], tuple[Visit, Callable[[], Matrix]]]
Factors = tuple[Matrix, Int[Array, "n"]]  # of a Jacobian, lower and upper, and its rows exchanged

#: Share of the residual before at which the Jacobian is kept.
_NEAR = 1e-3


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

    visit: Visit
    steps: Int[Array, ""]
    inner_steps: Int[Array, ""]
    converged: Bool[Array, ""]


class _Search(NamedTuple):
    visit: Visit
    direction: Vector
    factors: Factors
    step: Float[Array, ""]
    leap: Bool[Array, ""]  # whether the trial is taken however large its residual
    folds: Int[Array, ""]  # directions along which no step was short enough
    factored: Int[Array, ""]  # Jacobians so far
    steps: Int[Array, ""]
    inner_steps: Int[Array, ""]


def solve(
    trial: Trial,
    coarse: Callable[[Visit], Vector],
    bounded: Callable[[Vector], Vector],
    far: float,
    start: Visit,
    unit: Vector,
    tolerance: Vector,
    method: Newton,
) -> End:
    """Root of a square system.

    Args:
        trial: visits the point to which a step leads.
        coarse: direction in which to leave a start whose residual is larger than `far`.
        bounded: a direction made no longer than may be gone.
        start: where to start; its residual counts as infinite, so the first trial is taken there. The
            problem is then traced and compiled once, in the loop.
        unit: size of each row that counts alike in the merit function.
        tolerance: largest residual of each row at a root.
        method: options.
    """

    def size(visit: Visit) -> Scalar:
        return jnp.linalg.norm(visit.residual / unit)

    def done(visit: Visit) -> Bool[Array, ""]:
        return jnp.all(jnp.abs(visit.residual) <= tolerance)

    def unfinished(search: _Search) -> Bool[Array, ""]:
        sound = jnp.all(jnp.isfinite(search.direction))
        return ~done(search.visit) & (search.steps < method.max_steps) & sound

    def lap(search: _Search) -> _Search:
        before = size(search.visit)
        new, jacobian = trial(search.visit, Aim(search.direction, search.step, before, search.steps))
        after = size(new)
        enough = after <= (1 - 1e-4 * search.step) * before
        fold = ~enough & ~search.leap & (search.step <= method.shortest)
        leap = fold & (search.folds % 2 == 1)
        take = enough | search.leap | (fold & ~leap)

        def old() -> tuple[Vector, Factors]:
            return search.direction, search.factors

        def first() -> tuple[Vector, Factors]:
            return bounded(coarse(new)), search.factors

        def again() -> tuple[Vector, Factors]:
            return bounded(-lu_solve(search.factors, new.residual)), search.factors

        def newton() -> tuple[Vector, Factors]:
            factors = lu_factor(jacobian())
            return bounded(-lu_solve(factors, new.residual)), factors

        near = (after <= _NEAR * before) & (search.factored > 0)
        which = jnp.where((search.steps == 0) & (after > far), 1, jnp.where(near, 2, 3))
        which = jnp.where(take & ~done(new), which, 0)
        direction, factors = jax.lax.switch(which, [old, first, again, newton])
        return _Search(
            visit=jax.tree.map(lambda new, old: jnp.where(take, new, old), new, search.visit),
            direction=direction,
            factors=factors,
            step=jnp.where(take | leap, 1.0, 0.5 * search.step),
            leap=leap,
            folds=search.folds + fold,
            factored=search.factored + (which == 3),
            steps=search.steps + 1,
            inner_steps=search.inner_steps + new.inner_steps,
        )

    one, zero = jnp.ones((), start.point.dtype), jnp.zeros((), jnp.int32)
    nowhere = start._replace(residual=jnp.full_like(start.point, jnp.inf))
    count = start.point.size
    none = jnp.eye(count, dtype=start.point.dtype), jnp.arange(count, dtype=jnp.int32)
    direction = jnp.zeros_like(start.point)
    begin = _Search(nowhere, direction, none, one, jnp.zeros((), bool), zero, zero, zero, zero)
    end = jax.lax.while_loop(unfinished, lap, begin)
    return End(end.visit, end.steps, end.inner_steps, done(end.visit))
