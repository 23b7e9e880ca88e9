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


class System(NamedTuple):
    """A square system, and what its owner knows of the way to its root."""

    trial: Trial  # visits the point to which a step leads
    unit: Vector  # size of each row that counts alike in the merit function
    tolerance: Vector  # largest residual of each row at a root
    far: float  # a start with a larger residual is left in a coarse direction
    coarse: Callable[[Visit], Vector]  # that direction
    bounded: Callable[[Vector], Vector]  # a direction made no longer than may be gone

    def size(self, visit: Visit) -> Scalar:
        return jnp.linalg.norm(visit.residual / self.unit)

    def done(self, visit: Visit) -> Bool[Array, ""]:
        return jnp.all(jnp.abs(visit.residual) <= self.tolerance)


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


def solve(system: System, start: Visit, method: Newton) -> End:
    """Root of a square system.

    The residual of `start` counts as infinite, so that the first trial is taken there: the problem is then
    traced and compiled once, in the loop.
    """

    def unfinished(search: _Search) -> Bool[Array, ""]:
        sound = jnp.all(jnp.isfinite(search.direction))
        return ~system.done(search.visit) & (search.steps < method.max_steps) & sound

    def lap(search: _Search) -> _Search:
        before = system.size(search.visit)
        new, jacobian = system.trial(search.visit, Aim(search.direction, search.step, before, search.steps))
        after = system.size(new)
        enough = after <= (1 - 1e-4 * search.step) * before
        fold = ~enough & ~search.leap & (search.step <= method.shortest)
        leap = fold & (search.folds % 2 == 1)
        take = enough | search.leap | (fold & ~leap)

        first = (search.steps == 0) & (after > system.far)
        near = (after <= _NEAR * before) & (search.factored > 0)
        which = jnp.where(first, _COARSE, jnp.where(near, _AGAIN, _NEWTON))
        which = jnp.where(take & ~system.done(new), which, _OLD)
        direction, factors = _directed(system, which, search, new, jacobian)
        return _Search(
            visit=jax.tree.map(lambda new, old: jnp.where(take, new, old), new, search.visit),
            direction=direction,
            factors=factors,
            step=jnp.where(take | leap, 1.0, 0.5 * search.step),
            leap=leap,
            folds=search.folds + fold,
            factored=search.factored + (which == _NEWTON),
            steps=search.steps + 1,
            inner_steps=search.inner_steps + new.inner_steps,
        )

    end = jax.lax.while_loop(unfinished, lap, _begin(start))
    return End(end.visit, end.steps, end.inner_steps, system.done(end.visit))


#: Directions after a trial: the one at hand, a coarse one, one by the factors at hand, one by a new Jacobian.
_OLD, _COARSE, _AGAIN, _NEWTON = range(4)


def _directed(
    system: System, which: Int[Array, ""], search: _Search, new: Visit, jacobian: Callable[[], Matrix]
) -> tuple[Vector, Factors]:
    """The direction from a trial, and the factors that are then at hand."""

    def by(factors: Factors) -> tuple[Vector, Factors]:
        return system.bounded(-lu_solve(factors, new.residual)), factors

    ways = {
        _OLD: lambda: (search.direction, search.factors),
        _COARSE: lambda: (system.bounded(system.coarse(new)), search.factors),
        _AGAIN: lambda: by(search.factors),
        _NEWTON: lambda: by(lu_factor(jacobian())),
    }
    return jax.lax.switch(which, [ways[way] for way in sorted(ways)])


def _begin(start: Visit) -> _Search:
    """Before the first trial, which stays at the start."""
    count, dtype = start.point.size, start.point.dtype
    zero = jnp.zeros((), jnp.int32)
    return _Search(
        visit=start._replace(residual=jnp.full_like(start.point, jnp.inf)),
        direction=jnp.zeros_like(start.point),
        factors=(jnp.eye(count, dtype=dtype), jnp.arange(count, dtype=jnp.int32)),
        step=jnp.ones((), dtype),
        leap=jnp.zeros((), bool),
        folds=zero,
        factored=zero,
        steps=zero,
        inner_steps=zero,
    )
