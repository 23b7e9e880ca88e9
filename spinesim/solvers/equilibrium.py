"""Static equilibrium: muscles, passive tissue and supports balanced together in one solve."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from spinesim._jax import AT_ONCE
from spinesim._programs import kept
from spinesim.models.anatomy import Model
from spinesim.models.mechanics import Translation, columns, pulls
from spinesim.models.muscle import strength
from spinesim.models.placement import place
from spinesim.models.se3 import product, solve_small
from spinesim.models.state import Task
from spinesim.solvers import balance, dual, jacobian, newton, sharing
from spinesim.solvers.balance import N_FORCE, N_MOMENT, N_ROWS, SPINE, Problem, Unknowns
from spinesim.solvers.implicit import with_implicit_gradient
from spinesim.solvers.newton import Newton
from spinesim.solvers.outcome import Equilibrium, outcome
from spinesim.solvers.recruitment import AbstractObjective, Effort
from spinesim.solvers.solution import Stats, Status

Matrix = Float[Array, "row row"]
#: Wrench of all tissue on the upper body of every level, and how it follows the translation.
Tissue = tuple[Float[Array, "level 6"], Float[Array, "level 6 3"]]
#: Largest residual of a converged row [N, N m], by precision.
TOLERANCES = {"float64": (1e-7, 5e-9), "float32": (0.5, 2e-2)}
_IS_FORCE = np.zeros(N_ROWS, bool)
_IS_FORCE[:N_FORCE] = _IS_FORCE[-6:-3] = True
_UNIT = np.where(_IS_FORCE, 10.0, 1.0)  # residuals that count alike in the line search
#: Where a solve starts: discs at rest and slack, every muscle and support at the point of setting in.
STILL = np.zeros(N_ROWS)
#: Share of the residual that the sharing of work may leave undone on the way, the residual counting as no
#: larger than this, and Newton steps of the tissue alone on the way of the discs: 14 trials of the dual in
#: 5.4 steps, where exact sharing and straight steps take 36 in 7.4.
_LOOSE, _LARGE, _FOLLOWED = 0.1, 10.0, 2
#: Trials that go along curved ways (who is not there by then may be creeping along one), and the residual
#: below which every way is straight enough.
_CURVED, _STRAIGHT = 10, 1.0
_FARTHEST = 0.02  # that a disc is moved in a step [m]


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


@partial(kept, compiler_options=AT_ONCE)
def _solve(
    model: Model, task: Task, guess: Unknowns | None, objective: AbstractObjective, method: Newton
) -> Equilibrium:
    case = problem(model, task, objective)
    frozen = jax.lax.stop_gradient(case)
    return finished(case, balanced(frozen, jnp.asarray(STILL) if guess is None else guess, method))


def balanced(case: Problem, guess: Unknowns, method: Newton) -> newton.End:
    """Where the balance of a placed body ends when it is started from `guess`."""

    def trial(start: newton.Visit, aim: newton.Aim) -> tuple[newton.Visit, Callable[[], Matrix]]:
        change = aim.step * aim.direction
        curved = (aim.steps < _CURVED) & (aim.size > _STRAIGHT)
        moved, tissue = followed(case, start, change[:N_FORCE].reshape(SPINE, 3), curved)
        unknowns = (start.point + change).at[:N_FORCE].set(moved.reshape(-1))
        loose = _LOOSE * jnp.minimum(aim.size, _LARGE)
        return visit(case, unknowns, tissue, loose, method.inner_steps)

    start = newton.Visit(
        point=guess,
        residual=jnp.zeros_like(guess),
        known=balance.tissue_answer(case, balance.unpack(guess)[0]),
        inner_steps=jnp.zeros((), jnp.int32),
    )
    system = newton.System(
        trial=trial,
        unit=jnp.asarray(_UNIT),
        tolerance=jnp.asarray(_tolerance(guess)),
        far=_LARGE,
        coarse=given_way,
        bounded=bounded,
    )
    return newton.solve(system, start, method)


def given_way(visit: newton.Visit) -> Unknowns:
    """Step after which the tissue alone would carry what the discs miss."""
    missed = visit.residual[:N_FORCE].reshape(SPINE, 3)
    change = -jax.vmap(solve_small)(visit.known[1][:, :3], missed)
    return jnp.zeros_like(visit.point).at[:N_FORCE].set(change.reshape(-1))


def bounded(step: Unknowns) -> Unknowns:
    """The same, shorter if a disc would go farther than `_FARTHEST`."""
    return step * jnp.minimum(1.0, _FARTHEST / jnp.max(jnp.abs(step[:N_FORCE])))


def followed(
    case: Problem, start: newton.Visit, change: Translation, curved: Bool[Array, ""]
) -> tuple[Translation, Tissue]:
    """Discs moved so that the force of the tissue changes as their tangent says, and the tissue there.

    Tissue is what bends a solve most: stiff facets come into contact within a tenth of a millimetre. Along
    this way it does not, and it costs no more than the few numbers of each level. A level whose tissue does
    not come closer keeps its straight step, as all do where the way is not to be `curved`.
    """

    def where(which: Bool[Array, "level"], new: Array, old: Array) -> Array:
        return jnp.where(which.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    before, slope = start.known
    aim = before[:, :3] + jax.vmap(product)(slope[:, :3], change)
    at = balance.unpack(start.point)[0] + change
    straight = at, balance.tissue_answer(case, at)

    def nearer() -> tuple[Translation, Tissue]:
        at, tissue = straight
        for _ in range(_FOLLOWED):
            off = tissue[0][:, :3] - aim
            closer = at - jax.vmap(solve_small)(tissue[1][:, :3], off)
            there = balance.tissue_answer(case, closer)
            left = there[0][:, :3] - aim
            better = jnp.sum(left**2, axis=1) < jnp.sum(off**2, axis=1)
            at, tissue = jax.tree.map(partial(where, better), (closer, there), (at, tissue))
        return at, tissue

    return jax.lax.cond(curved, nearer, lambda: straight)


def known(case: Problem, unknowns: Unknowns, method: Newton) -> Equilibrium:
    """The equilibrium whose root is known."""
    frozen = jax.lax.stop_gradient(case)
    tissue = balance.tissue_answer(frozen, balance.unpack(unknowns)[0])
    at, _ = visit(frozen, unknowns, tissue, jnp.zeros(()), method.inner_steps)
    converged = jnp.all(jnp.abs(at.residual) <= _tolerance(unknowns))
    return finished(case, newton.End(at, jnp.ones((), jnp.int32), at.inner_steps, converged))


def finished(case: Problem, end: newton.End) -> Equilibrium:
    """What an end means; its root has its derivative by the implicit function theorem."""

    def slope(unknowns: Unknowns, case: Problem) -> Float[Array, "row row"]:
        translation, multipliers = balance.unpack(unknowns)
        posed, (_, stiffness) = balance.pose(case, translation), balance.tissue_answer(case, translation)
        return jacobian.assemble(case, posed, stiffness, multipliers)

    root = with_implicit_gradient(
        lambda unknowns, args: balance.residual(args, unknowns), slope, end.visit.point, case
    )
    return outcome(case, root, _status(end), _stats(end))


def visit(
    case: Problem, unknowns: Unknowns, tissue: Tissue, loose: Float[Array, ""], inner_steps: int
) -> tuple[newton.Visit, Callable[[], Matrix]]:
    """Share the work among muscles and supports for held discs; beside it the Jacobian there.

    Far from the root the sharing may be left undone by `loose`, counted as the line search counts: the
    next step does both.
    """
    translation, multipliers = balance.unpack(unknowns)
    posed, (wrench, stiffness) = balance.pose(case, translation), tissue
    enough = jnp.maximum(_tolerance(unknowns), loose * _UNIT)[N_FORCE:]
    multipliers, rows, count = dual.solve(
        sharing.programme(case, posed, wrench), multipliers, enough, inner_steps
    )
    forces = balance.force_rows(case, posed, wrench, multipliers)
    residual = jnp.concatenate([forces, rows])

    def slope() -> Matrix:
        return jacobian.assemble(case, posed, stiffness, multipliers)

    return newton.Visit(unknowns.at[N_FORCE:].set(multipliers), residual, tissue, count), slope


def problem(model: Model, task: Task, objective: AbstractObjective) -> Problem:
    """The balance to solve; fascicles are priced at the length they have with the discs at rest."""
    placement = place(model, task)

    def active() -> Float[Array, "fascicle"]:
        rest = columns(placement, pulls(placement, jnp.zeros((SPINE, 3))))
        return strength(model.fascicles, rest.length[:-1]).active

    weights = objective.weights(model.fascicles, active)
    return balance.prepared(model, placement, weights, objective)


def _tolerance(unknowns: Unknowns) -> Float[np.ndarray, "row"]:
    return np.where(_IS_FORCE, *TOLERANCES[unknowns.dtype.name])


def _status(end: newton.End) -> Status:
    """How the solve ended, in the order in which it matters."""
    visit = end.visit
    missed = jnp.abs(balance.unpack(visit.point)[1]) > balance.HELD_PRICE
    finite = jnp.all(jnp.isfinite(visit.point)) & jnp.all(jnp.isfinite(visit.residual))
    status = Status.converged
    status = Status.where(jnp.any(missed[:N_MOMENT]), Status.overloaded, status)
    status = Status.where(jnp.any(missed[N_MOMENT:]), Status.unbalanced, status)
    status = Status.where(end.converged, status, Status.out_of_steps)
    return Status.where(finite, status, Status.nonfinite)


def _stats(end: newton.End) -> Stats:
    size = jnp.abs(end.visit.residual)
    return Stats(
        steps=end.steps,
        inner_steps=end.inner_steps,
        residual_force=jnp.max(jnp.where(_IS_FORCE, size, 0.0)),
        residual_moment=jnp.max(jnp.where(_IS_FORCE, 0.0, size)),
    )
