"""Following an imbalance through one body: postures and balances for every coalition of its links.

The links are what an imbalance changes itself (CAUSES) and what the body makes of it (POSTURE): the posture
that is predicted with it, pelvis and lumbar spine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._programs import kept
from spinesim._record import Record
from spinesim.cascade.attribution import Coalition, coalitions, less
from spinesim.cascade.reading import Reading, read
from spinesim.cascade.spread import Draw
from spinesim.models.anatomy import Model
from spinesim.models.imbalance import Imbalance
from spinesim.models.impairment import Impairment
from spinesim.models.state import Task
from spinesim.scenarios.imbalances import scenario
from spinesim.solvers.discomfort import Allowance
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.posture import Prediction, predict_posture
from spinesim.solvers.recruitment import Effort
from spinesim.solvers.solution import Status

#: What an imbalance changes itself, by the numbers of an impairment; the task is not part of the body.
_CHANGED = {
    "length": ("length",),
    "recruitment": ("strength", "drive", "endurance"),
    "structure": ("short_leg", "innominate", "worn", "fluid", "slack"),
    "task": (),
}
CAUSES = tuple(_CHANGED)
#: What the posture that settles with it changes.
POSTURE = ("pelvis", "lumbar")
LINKS = (*CAUSES, *POSTURE)
#: The coalition of no link: the healthy body.
NONE: Coalition = frozenset()
_TURN = {"pelvis": "pelvis_change", "lumbar": "level_change"}


class Case(Record):
    """A body in the posture in which it settles."""

    model: Model
    task: Task
    equilibrium: Equilibrium


class Followed(NamedTuple):
    """A chain followed in one body: what every coalition of its links comes to."""

    causes: list[str]
    links: list[str]
    settled: dict[Coalition, dict[str, np.ndarray]]  # turns, by coalition of causes
    cases: dict[Coalition, Case]
    values: dict[Coalition, Reading]

    def effect(self, attribute: Callable[..., Reading]) -> Reading:
        """What is attributed to every one of LINKS."""
        return each_of(LINKS, self.links, self.values, attribute)

    def change(self) -> Reading:
        """The whole change."""
        return less(self.values[frozenset(self.links)], self.values[NONE])


def followed(asked: "Asked", allowance: Allowance, objective: Effort) -> Followed:
    """Postures for every coalition of causes, balances for every coalition of links."""
    causes = [cause for cause in CAUSES if asked.changes(cause)]
    predicted = {
        some: predict_posture(asked.model(some), asked.task(some), objective=objective, allowance=allowance)
        for some in coalitions(causes)
    }
    ends = predicted[NONE], predicted[frozenset(causes)]
    links = [*causes, *(link for link in POSTURE if not _same(*(getattr(end, _TURN[link]) for end in ends)))]
    cases = {some: _case(asked, some, ends, objective) for some in coalitions(links)}
    return Followed(
        causes=causes,
        links=links,
        settled={some: _turns(prediction) for some, prediction in predicted.items()},
        cases=cases,
        values={some: read(case.model, case.task, case.equilibrium) for some, case in cases.items()},
    )


class Asked(NamedTuple):
    """The healthy body and its task, and what becomes of both."""

    healthy: Model
    none: Impairment
    impairment: Impairment
    tasks: tuple[Task, Task]  # healthy, impaired
    imbalance: Imbalance

    def varied(self, draw: Draw) -> "Asked":
        """The same imbalance in another body."""
        (model, before), (_, after) = (draw.vary((self.healthy, task)) for task in self.tasks)
        return _of(model, self.imbalance, (before, after))

    def changes(self, cause: str) -> bool:
        """Whether there is anything that a cause changes."""
        if cause == "task":
            return not _same(*self.tasks)
        pairs = ((getattr(self.none, name), getattr(self.impairment, name)) for name in _CHANGED[cause])
        return not all(_same(*pair) for pair in pairs)

    def model(self, some: Coalition) -> Model:
        """The body on which some links act."""
        names = [name for cause in CAUSES if cause in some for name in _CHANGED[cause]]
        return _impaired(
            replace(self.none, **{name: getattr(self.impairment, name) for name in names}), self.healthy
        )

    def task(self, some: Coalition) -> Task:
        """The task, as asked for, in which some links act."""
        return self.tasks["task" in some]


_impaired = kept(Impairment.apply)


def asked_of(model: Model, imbalance: Imbalance | str, task: Task | None, severity: float) -> Asked:
    """What is asked of `cascade`, names resolved."""
    if isinstance(imbalance, str):
        named = scenario(imbalance, severity)
        scaled, tasks = named.imbalance, (scenario(imbalance, 0.0).task, named.task)
    elif task is None:
        raise ValueError("give a task: only a scenario has its own")
    else:
        scaled, tasks = imbalance.scaled(severity), (task, task)
    tasks = tasks if task is None else (task, task)
    return _of(model, scaled, tasks)


def _of(model: Model, imbalance: Imbalance, tasks: tuple[Task, Task]) -> Asked:
    return Asked(model, Imbalance().impairment(model), imbalance.impairment(model), tasks, imbalance)


def _case(asked: Asked, some: Coalition, ends: tuple[Prediction, Prediction], objective: Effort) -> Case:
    """The balance with some links acting; it is none if a posture that it takes did not settle."""
    pelvis, lumbar = ends["pelvis" in some], ends["lumbar" in some]
    model = asked.model(some)
    task = _turned(asked.task(some), pelvis.pelvis_change, lumbar.level_change)
    solution = solve(model, task, objective=objective)
    for end in (pelvis, lumbar):
        status = Status.where(solution.status == Status.converged, end.status, solution.status)
        solution = replace(solution, status=status)
    return Case(model, task, solution)


@kept
def _turned(task: Task, pelvis: Float[Array, "3"], levels: Float[Array, "level 3"]) -> Task:
    """The task with pelvis and levels turned; the head stays level, as in a prediction."""
    old = task.posture
    head = old.head - pelvis - jnp.sum(levels, axis=0)
    posture = replace(old, pelvis=old.pelvis + pelvis, levels=old.levels + levels, head=head)
    return eqx.tree_at(lambda asked: asked.posture, task, posture)


def _turns(prediction: Prediction) -> dict[str, np.ndarray]:
    """Turn of the pelvis and of the whole lumbar spine [rad]; NaN where no posture settled."""
    held = prediction.status == Status.converged
    turns = {"pelvis": prediction.pelvis_change, "lumbar": jnp.sum(prediction.level_change, axis=0)}
    return {link: np.where(held, turn, np.nan) for link, turn in turns.items()}


def each_of(
    names: Sequence[str],
    links: Sequence[str],
    value: Mapping[Coalition, Any],
    attribute: Callable[[Mapping[Coalition, Any], Sequence[str], str], Any],
) -> Any:
    """What is attributed to every one of `names`, stacked; those that are no links changed nothing."""
    nothing = jax.tree.map(np.zeros_like, value[NONE])
    parts = [attribute(value, links, name) if name in links else nothing for name in names]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts)


def _same(one: Any, other: Any) -> bool:
    """Whether two trees of one structure hold the same numbers, to the last bit."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)
