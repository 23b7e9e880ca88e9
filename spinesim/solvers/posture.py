"""Posture prediction: the posture on which effort, passive strain and habit settle (`discomfort`).

Pelvis and lumbar levels are free; legs, arms and head follow as they do in the posture that is asked for.
Balance over the base of support is part of every solve: what supports that only push cannot hold is missed,
at its price.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from spinesim._each import each
from spinesim._names import of_kind
from spinesim._programs import kept
from spinesim._provenance import provenance
from spinesim._record import entry, quantity, to_dataset
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.labels import FIXED, labels
from spinesim.models.state import Task
from spinesim.solvers import discomfort, equilibrium, settled
from spinesim.solvers.balance import Unknowns
from spinesim.solvers.discomfort import N_FREE, SHARES, Allowance, Free, Question
from spinesim.solvers.newton import Newton
from spinesim.solvers.outcome import PARTS, Equilibrium
from spinesim.solvers.recruitment import AbstractObjective, Effort
from spinesim.solvers.solution import Shown, Status

if TYPE_CHECKING:
    from xarray import Dataset

_TOLERANCE = 1e-7  # slope of the discomfort per allowance at a settled posture, unless a kink pins it
_STEPS = 80
_PAST = 0.1  # slope past the lowest point of a step, over that at its start, that is still good
#: A step that passes the lowest point though it is as short as this [allowances] straddles a kink, as where a
#: muscle's path comes to touch bone: the slope jumps there and vanishes on neither side. Lowest as well, if
#: what is left of the slope on both sides is worth a thousandth of an allowance.
_KINK, _NEARLY_FLAT = 1e-6, 1e-3


class Prediction(Shown):
    """A predicted posture and its equilibrium; check the status before using a number.

    `discomfort_share` takes what was minimised apart; the starts tell whether there are other postures in
    which the body would settle as well.
    """

    task: Task
    equilibrium: Equilibrium
    pelvis_change: Float[Array, "3"] = quantity("rad", "axis")
    level_change: Float[Array, "level 3"] = quantity("rad", "level", "axis")
    discomfort_share: Float[Array, "share"] = quantity("1", "share")
    start_discomfort: Float[Array, "start"] = quantity("1", "start")
    start_settled: Float[Array, "start"] = quantity("1", "start")  # 1 where a minimum was found
    start_level_change: Float[Array, "start level 3"] = quantity("rad", "start", "level", "axis")
    start_steps: Int[Array, "start"] = quantity("1", "start")
    status: Status = entry(Status)

    def to_dataset(self, model: Model, batch: Sequence[str] = ()) -> "Dataset":
        """The equilibrium as a dataset, with what the posture changed and what that cost beside it."""
        return self._named(labels(model), batch, **provenance(model, self))

    def described(self) -> "Dataset":
        return self._named(FIXED, tuple(f"batch_{axis}" for axis in range(self.pelvis_change.ndim - 1)))

    def _named(self, names: Mapping[str, Sequence[str]], batch: Sequence[str], **attrs: str) -> "Dataset":
        ds = to_dataset(self, {**names, "part": PARTS, "share": SHARES}, batch, **attrs)
        own = [name for name in ds if not str(name).startswith(("task.", "equilibrium.status"))]
        return ds[own].rename({name: str(name).removeprefix("equilibrium.") for name in own})


def predict_posture(
    model: Model,
    task: Task,
    *,
    objective: AbstractObjective | None = None,
    allowance: Allowance | None = None,
    method: Newton | None = None,
) -> Prediction:
    """The posture near that of `task` in which the body is most at ease, and its equilibrium.

    Meant for postures on the feet or on a seat, whose supports do not depend on how pelvis and spine are
    turned. `jax.vmap` over any argument predicts a batch. `jax.grad` of anything in the result, posture and
    loads, by any number of the arguments is exact (`settled`), in reverse mode alone; at a posture in which a
    fascicle is just falling silent, or its path comes to touch bone, it is that of one side.
    A gradient compiles no search anew.

    Args:
        model: the body.
        task: posture that is asked for, and loads.
        objective: what the muscles minimise; activations squared by default.
        allowance: how much the posture may give.
        method: options of the Newton solves, of the posture and of every balance on its way.

    Returns:
        The best of several settled postures: from the posture itself, and from more and from less lordosis.
    """
    of_kind("task", task, Task, "task('standing') or Task(posture)")
    objective = Effort() if objective is None else objective
    allowance = Allowance() if allowance is None else allowance
    method = Newton(max_steps=_STEPS) if method is None else method
    given = model, task, objective, allowance
    ends = _searched(*jax.lax.stop_gradient(given), method)
    return _found(*given, ends, method)


@kept
def _searched(
    model: Model, task: Task, objective: AbstractObjective, allowance: Allowance, method: Newton
) -> "_End":
    """Where the search from every start ends."""
    asked = discomfort.question(model, task, objective, allowance)
    still = jnp.asarray(equilibrium.STILL)
    return each(lambda start: _settle(asked, start, still, method), jnp.asarray(_STARTS))


@kept
def _found(
    model: Model, task: Task, objective: AbstractObjective, allowance: Allowance, ends: "_End", method: Newton
) -> Prediction:
    """What the best of the searches means, with its derivatives."""
    asked = discomfort.question(model, task, objective, allowance)
    total = jnp.sum(ends.posture.shares, axis=1)
    lowest = jnp.argmin(jnp.where(ends.settled, total, jnp.inf))
    best = jax.tree.map(lambda each: each[lowest], ends.posture)
    offset = settled.differentiable(asked, best.unknowns, best.offset)
    end = equilibrium.known(discomfort.case(asked, offset), best.unknowns, method)
    turns = discomfort.angles(asked, offset)
    return Prediction(
        task=discomfort.turned(asked, offset),
        equilibrium=end,
        pelvis_change=turns[0],
        level_change=turns[1:],
        discomfort_share=best.shares,
        start_discomfort=total,
        start_settled=ends.settled.astype(float),
        start_level_change=jax.vmap(lambda each: discomfort.angles(asked, each)[1:])(ends.posture.offset),
        start_steps=ends.steps,
        status=Status.where(jnp.any(ends.settled), end.status, Status.out_of_steps),
    )


def _curve(lordosis: float) -> Float[np.ndarray, "free"]:
    """Every level extended by `lordosis` allowances, the pelvis tilted forward so that the thorax stays."""
    turn = np.zeros((1 + len(LEVELS), 3))
    turn[:, 2] = lordosis
    turn[0, 2] *= -3.0  # six levels of 3 degrees, in pelvic allowances of 6
    return turn.ravel()


_STARTS = np.stack([_curve(0.0), _curve(1.0), _curve(-1.0)])


class _Posture(NamedTuple):
    """A posture with its balance, its discomfort and how that changes from here."""

    offset: Free
    unknowns: Unknowns
    shares: Float[Array, "share"]
    slope: Free
    direction: Free  # to where the slope would vanish


class _End(NamedTuple):
    """Where one search stopped."""

    posture: _Posture
    settled: Bool[Array, ""]
    steps: Int[Array, ""]


class _Search(NamedTuple):
    posture: _Posture
    step: Float[Array, ""]
    pinned: Bool[Array, ""]  # to a kink
    steps: Int[Array, ""]


def _settle(asked: Question, start: Free, slack: Unknowns, method: Newton) -> _End:
    """Posture without slope, by Newton steps; each trial balances the body anew.

    A step is good unless the slope along it has turned round: then the lowest point lies before, about where
    the slopes at both ends say. Near the edge at which a muscle falls silent this does not go astray, where
    the size of the slope would.
    """

    def unfinished(search: _Search) -> Bool[Array, ""]:
        sound = jnp.all(jnp.isfinite(search.posture.direction))
        return ~_flat(search.posture) & ~search.pinned & (search.steps < method.max_steps) & sound

    def trial(search: _Search) -> _Search:
        old = search.posture
        new = _around(asked, old.offset + search.step * old.direction, old.unknowns, method)
        falling, rising = -old.slope @ old.direction, new.slope @ old.direction
        take = (rising <= _PAST * falling) | (search.steps == 0)
        lowest = search.step * jnp.clip(falling / (falling + rising), 0.1, 0.9)
        straddles = search.step * jnp.max(jnp.abs(old.direction)) <= _KINK
        pinned = straddles & _flat(old, _NEARLY_FLAT) & _flat(new, _NEARLY_FLAT)
        taken = _Search(new, jnp.ones(()), jnp.zeros((), bool), search.steps + 1)
        shorter = _Search(old, lowest, pinned, search.steps + 1)
        return jax.tree.map(lambda new, old: jnp.where(take, new, old), taken, shorter)

    # The first trial is the start itself, so that the problem is compiled once, in the loop.
    unknown = jnp.full(N_FREE, jnp.inf)
    nowhere = _Posture(start, slack, jnp.zeros(len(SHARES)), unknown, jnp.zeros(N_FREE))
    begin = _Search(nowhere, jnp.ones(()), jnp.zeros((), bool), jnp.zeros((), jnp.int32))
    end = jax.lax.while_loop(unfinished, trial, begin)
    return _End(end.posture, _flat(end.posture) | end.pinned, end.steps)


def _flat(posture: _Posture, tolerance: float = _TOLERANCE) -> Bool[Array, ""]:
    return jnp.max(jnp.abs(posture.slope)) <= tolerance


def _around(asked: Question, offset: Free, guess: Unknowns, method: Newton) -> _Posture:
    """A posture with the body balanced in it."""
    problem = discomfort.case(asked, offset)
    unknowns = equilibrium.balanced(problem, guess, method).visit.point
    held, stiffness = discomfort.hold(problem, unknowns)

    def twice(at: Free) -> tuple[discomfort.Answer, discomfort.Answer]:
        answer = discomfort.answer(asked, held, at)
        return answer, answer

    turn, here = jax.jacfwd(twice, has_aux=True)(offset)
    slope = discomfort.slope(held, here, turn)
    size, axes = jnp.linalg.eigh(discomfort.curvature(asked, problem, turn, stiffness))
    direction = -axes @ ((axes.T @ slope) / jnp.abs(size))
    return _Posture(offset, unknowns, discomfort.shares(held, here), slope, direction)
