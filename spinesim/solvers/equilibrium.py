"""Static equilibrium: muscles, passive tissue and supports balanced together in one solve."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim.models.anatomy import Model
from spinesim.models.muscle import strength
from spinesim.models.placement import place
from spinesim.models.state import Task
from spinesim.solvers import balance, newton
from spinesim.solvers.balance import (
    N_FORCE,
    N_MOMENT,
    N_ROWS,
    RESERVE_FORCE,
    RESERVE_MOMENT,
    Problem,
    Unknowns,
)
from spinesim.solvers.implicit import with_implicit_gradient
from spinesim.solvers.newton import Newton
from spinesim.solvers.recruitment import AbstractObjective, Effort
from spinesim.solvers.solution import Stats, Status, pick

#: Largest residual of a converged row [N, N m].
FORCE_TOLERANCE, MOMENT_TOLERANCE = 1e-7, 1e-9
#: Reserves beyond which a task counts as not held [N m, N].
HELD_MOMENT, HELD_FORCE = 0.05, 0.5

_FORCE_ROWS = np.zeros(N_ROWS, bool)
_FORCE_ROWS[:N_FORCE] = _FORCE_ROWS[N_FORCE + N_MOMENT : N_FORCE + N_MOMENT + 3] = True
_TOLERANCE = np.where(_FORCE_ROWS, FORCE_TOLERANCE, MOMENT_TOLERANCE)
_UNIT = np.where(_FORCE_ROWS, 10.0, 1.0)


def problem(model: Model, task: Task, objective: AbstractObjective) -> Problem:
    """The balance to solve for a model, a task and an objective."""
    placement = place(model, task)
    rest = balance.columns(placement, balance.pulls(placement, jnp.zeros((balance.SPINE, 3))))
    active = strength(model.fascicles, rest.length[:-1]).active
    return Problem(model, placement, objective.weights(model.fascicles, active), objective)


def all_active(case: Problem) -> Unknowns:
    """Guess: discs at rest, and multipliers as if every fascicle could pull and push freely.

    Started with all fascicles silent the balance is singular: nothing answers the multipliers.
    """
    zero = jnp.zeros(N_ROWS)
    multipliers = balance.unpack(zero)
    column = balance.muscle_columns(case, balance.pulls(case.placement, multipliers.translation))
    effort = balance.recruit(case, column, multipliers)
    rows = effort.full.moment.reshape(-1, N_MOMENT) / jnp.sqrt(case.weight)[:, None]
    free = balance.free_supports(case)
    answer = free.at[:N_MOMENT, :N_MOMENT].add(rows.T @ rows)
    spare = -np.diag(balance.RESERVE_BLOCK)[N_FORCE:]
    unbalanced = balance.residual(case, zero)[N_FORCE:]
    return zero.at[N_FORCE:].set(jnp.linalg.solve(answer + jnp.diag(spare), unbalanced))


class Equilibrium(Record):
    """A solved case."""

    unknowns: Float[Array, "row"] = quantity("1")
    status: Status
    stats: Stats


@eqx.filter_jit
def solve_raw(model: Model, task: Task, objective: AbstractObjective, method: Newton) -> newton.End:
    case = problem(model, task, objective)
    return newton.solve(
        lambda z: balance.linearise(case, z), all_active(case), jnp.asarray(_UNIT), jnp.asarray(_TOLERANCE), method
    )
