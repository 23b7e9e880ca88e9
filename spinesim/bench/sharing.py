"""Muscle redundancy alone, as matrices: what engines of optimisation can be asked too.

    minimise    sum_i w_i a_i^p / p + sum_k r_k^2 / (2 s_k)
    subject to  rows^T a + r = target,   0 <= a <= cap

The rows are the joint moments of full activation of a solved case, the target what is left for the muscles
when supports, tissue and weight have done their part, r the stiff reserve of `balance`.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim.bench.held import solve_random
from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.solvers import balance, dual
from spinesim.solvers.balance import N_MOMENT, RIGID
from spinesim.solvers.equilibrium import problem
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import AbstractObjective, Effort
from spinesim.solvers.solution import Status

#: Largest moment left unbalanced [N m].
TOLERANCE = 5e-9


class Sharing(NamedTuple):
    """One problem, or many stacked."""

    rows: Float[Array, "*case fascicle moment"]
    target: Float[Array, "*case moment"]
    weight: Float[Array, "*case fascicle"]
    cap: Float[Array, "*case fascicle"]


SOFTNESS = RIGID[:N_MOMENT]


def problems(seed: int, count: int) -> Sharing:
    """Problems of held random cases, the most strained last."""
    drawn = -(-int(1.5 * count) // 16) * 16
    models, tasks, ends = solve_random(seed, drawn)
    held = np.flatnonzero(np.asarray(ends.status == Status.converged))[:count]
    found = _posed(*jax.tree.map(lambda leaf: jnp.asarray(leaf[held]), (models, tasks, ends)))
    strain = np.sum(np.asarray(ends.activation)[held] >= 1.0, axis=1)
    order = np.argsort(strain, kind="stable")
    return jax.tree.map(lambda leaf: leaf[order], found)


@eqx.filter_jit
@jax.vmap
def _posed(model: Model, task: Task, end: Equilibrium) -> Sharing:
    case = problem(model, task, Effort())
    translation, multipliers = balance.unpack(end.multipliers)
    posed = balance.pose(case, translation)
    rows = posed.moment.T
    spare, _ = balance.reserve(multipliers)
    return Sharing(rows, rows.T @ end.activation + spare[:N_MOMENT], case.weight, model.fascicles.cap)


class Settled(NamedTuple):
    """How a problem ended."""

    activation: Float[Array, "*case fascicle"]
    missed: Float[Array, "*case"]  # largest moment left unbalanced [N m]
    trials: Int[Array, "*case"]


def share(given: Sharing, objective: AbstractObjective) -> Settled:
    """Activations by the dual Newton method of the engine."""
    softness = jnp.asarray(SOFTNESS)[: given.target.shape[0]]

    def drive(multipliers: Float[Array, "moment"]) -> Float[Array, "fascicle"]:
        return -given.rows @ multipliers

    def descent(multipliers: Array) -> tuple[Array, Array]:
        found = objective.recruit(drive(multipliers), given.weight, given.cap)
        left = given.rows.T @ found.activation - softness * multipliers - given.target
        return left, found.slope

    across = given.rows.T

    def hessian(slope: Array) -> Array:
        return (across * slope) @ given.rows + jnp.diag(softness)

    def along(start: Array, direction: Array) -> dual.Slope:
        before, rate = drive(start), drive(direction)

        def slope(step: Float[Array, ""]) -> Float[Array, ""]:
            activation = objective.recruit(before + step * rate, given.weight, given.cap).activation
            spare = softness * (start + step * direction)
            return activation @ rate + (spare + given.target) @ direction

        return slope

    free = given.rows.T @ (given.rows / given.weight[:, None]) + jnp.diag(softness)
    guess = -jnp.linalg.solve(free, given.target)
    tolerance = jnp.full_like(guess, TOLERANCE)
    multipliers, rows, trials = dual.solve(dual.Convex(descent, hessian, along), guess, tolerance, 500)
    activation = objective.recruit(drive(multipliers), given.weight, given.cap).activation
    return Settled(activation, jnp.max(jnp.abs(rows)), trials)


def cost(given: Sharing, activation: np.ndarray, objective: Effort) -> float:
    """What an answer to one problem costs, its reserves included; infinite outside the bounds."""
    rows, target, weight, cap = map(np.asarray, given)
    outside = max(-activation.min(), np.max(activation - cap))
    if not np.all(np.isfinite(activation)) or outside > 1e-4:
        return np.inf
    inside = np.clip(activation, 0, cap)
    left = target - rows.T @ inside
    own = float(objective.cost(jnp.asarray(inside), jnp.asarray(weight), jnp.asarray(cap)))
    return own + float(np.sum(left**2 / (2 * SOFTNESS)))
