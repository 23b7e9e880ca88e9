"""Static equilibrium: muscles, passive tissue and supports balanced together in one solve."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._programs import kept
from spinesim.models.anatomy import Model
from spinesim.models.mechanics import columns, pulls
from spinesim.models.muscle import strength
from spinesim.models.placement import place
from spinesim.models.state import Task
from spinesim.solvers import balance, dual, jacobian, newton, sharing
from spinesim.solvers.balance import N_FORCE, N_MOMENT, N_ROWS, SPINE, Problem, Unknowns
from spinesim.solvers.implicit import with_implicit_gradient
from spinesim.solvers.newton import Newton
from spinesim.solvers.outcome import Equilibrium, outcome
from spinesim.solvers.recruitment import AbstractObjective, Effort
from spinesim.solvers.solution import Stats, Status

#: Largest residual of a converged row [N, N m].
FORCE_TOLERANCE, MOMENT_TOLERANCE = 1e-7, 5e-9
_IS_FORCE = np.zeros(N_ROWS, bool)
_IS_FORCE[:N_FORCE] = _IS_FORCE[-6:-3] = True
_TOLERANCE = np.where(_IS_FORCE, FORCE_TOLERANCE, MOMENT_TOLERANCE)
_UNIT = np.where(_IS_FORCE, 10.0, 1.0)  # residuals that count alike in the line search


def solve(
    model: Model,
    task: Task,
    guess: Unknowns | None = None,
    *,
    objective: AbstractObjective | None = None,
    method: Newton | None = None,
    throw: bool = False,
) -> Equilibrium:
    """Disc translations, reactions and activations that balance `task`.

    Differentiable with respect to every number of `model`, `task` and `objective` by the implicit
    function theorem; `jax.vmap` over any of them solves a batch.

    Args:
        model: the body, from `lumbar_model`.
        task: posture and loads.
        guess: `multipliers` of a near solution to start from.
        objective: what the muscles minimise; activations squared by default.
        method: options of the Newton solve.
        throw: raise the status's sentence instead of returning it.

    Returns:
        The equilibrium, its status included: check it before using a number.
    """
    solution = _solve(model, task, guess, objective or Effort(), method or Newton())
    return solution.status.error_if(solution, solution.status != Status.converged) if throw else solution


@kept
def _solve(
    model: Model, task: Task, guess: Unknowns | None, objective: AbstractObjective, method: Newton
) -> Equilibrium:
    case = problem(model, task, objective)
    frozen = jax.lax.stop_gradient(case)
    return finished(case, balanced(frozen, all_active(frozen) if guess is None else guess, method))


def balanced(case: Problem, guess: Unknowns, method: Newton) -> newton.End:
    """Where the balance of a placed body ends when it is started from `guess`."""
    return newton.solve(
        lambda unknowns: settle(case, unknowns, method.inner_steps),
        guess,
        jnp.asarray(_UNIT),
        jnp.asarray(_TOLERANCE),
        method,
    )


def known(case: Problem, unknowns: Unknowns, method: Newton) -> Equilibrium:
    """The equilibrium whose root is known."""
    linear = settle(jax.lax.stop_gradient(case), unknowns, method.inner_steps)
    converged = jnp.all(jnp.abs(linear.residual) <= _TOLERANCE)
    return finished(case, newton.End(linear, jnp.ones((), jnp.int32), linear.inner_steps, converged))


def finished(case: Problem, end: newton.End) -> Equilibrium:
    """What an end means; its root has its derivative by the implicit function theorem."""
    root = with_implicit_gradient(
        lambda unknowns, args: balance.residual(args, unknowns), end.linear.point, case, end.linear.jacobian
    )
    return outcome(case, root, _status(end), _stats(end))


def settle(case: Problem, unknowns: Unknowns, inner_steps: int) -> newton.Linear:
    """Share the work among muscles and supports for held discs, and linearise the balance there."""
    translation, multipliers = balance.unpack(unknowns)
    posed = balance.pose(case, translation)
    tissue, stiffness = balance.tissue_answer(case, translation)
    multipliers, rows, count = dual.solve(
        sharing.programme(case, posed, tissue),
        multipliers, jnp.asarray(_TOLERANCE[N_FORCE:]), inner_steps,
    )  # fmt: skip
    forces = balance.force_rows(case, posed, tissue, multipliers)
    return newton.Linear(
        point=unknowns.at[N_FORCE:].set(multipliers),
        residual=jnp.concatenate([forces, rows]),
        jacobian=jacobian.assemble(case, posed, stiffness, multipliers),
        inner_steps=count,
    )


def problem(model: Model, task: Task, objective: AbstractObjective) -> Problem:
    """The balance to solve; fascicles are priced at the length they have with the discs at rest."""
    placement = place(model, task)

    def active() -> Float[Array, "fascicle"]:
        rest = columns(placement, pulls(placement, jnp.zeros((SPINE, 3))))
        return strength(model.fascicles, rest.length[:-1]).active

    return Problem(model, placement, objective.weights(model.fascicles, active), objective)


def all_active(case: Problem) -> Unknowns:
    """Guess: discs at rest and slack, every fascicle and support free to pull and push.

    Started with all fascicles silent the balance is singular: nothing answers the multipliers.
    """
    zero = jnp.zeros(N_ROWS)
    translation, multipliers = balance.unpack(zero)
    posed, no_tissue = balance.pose(case, translation), jnp.zeros((SPINE, 6))
    unbalanced = balance.multiplier_rows(case, posed, no_tissue, multipliers)
    answer = sharing.free_answer(case, posed)
    return zero.at[N_FORCE:].set(jnp.linalg.solve(answer, unbalanced))


def _status(end: newton.End) -> Status:
    """How the solve ended, in the order in which it matters."""
    linear = end.linear
    missed = jnp.abs(balance.unpack(linear.point)[1]) > balance.HELD_PRICE
    finite = jnp.all(jnp.isfinite(linear.point)) & jnp.all(jnp.isfinite(linear.residual))
    status = Status.converged
    status = Status.where(jnp.any(missed[:N_MOMENT]), Status.overloaded, status)
    status = Status.where(jnp.any(missed[N_MOMENT:]), Status.unbalanced, status)
    status = Status.where(end.converged, status, Status.out_of_steps)
    return Status.where(finite, status, Status.nonfinite)


def _stats(end: newton.End) -> Stats:
    size = jnp.abs(end.linear.residual)
    return Stats(
        steps=end.steps,
        inner_steps=end.inner_steps,
        residual_force=jnp.max(jnp.where(_IS_FORCE, size, 0.0)),
        residual_moment=jnp.max(jnp.where(_IS_FORCE, 0.0, size)),
    )
