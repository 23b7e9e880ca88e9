"""Designs: every body with every imbalance at every severity in every task, stacked to be solved."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._names import several, within
from spinesim._record import Record, quantity, static
from spinesim.models.anatomy import Model
from spinesim.models.imbalance import Imbalance
from spinesim.models.impairment import Impairment
from spinesim.models.state import Task
from spinesim.scenarios.imbalances import scenario
from spinesim.scenarios.tasks import task

#: Axes of a sweep, slowest first.
AXES = ("body", "imbalance", "severity", "task")
#: Name on the task axis where every scenario is in the task that belongs to it.
OWN = "own"

Bodies = Model | Mapping[str, Model]
Tasks = Sequence[Task | str] | Mapping[str, Task]
Imbalances = Sequence[Imbalance | str] | Mapping[str, Imbalance | str]


class Rows(NamedTuple):
    """Which model, impairment and task each of some cases takes."""

    model: Int[np.ndarray, "case"]
    impairment: Int[np.ndarray, "case"]
    task: Int[np.ndarray, "case"]


class Design(Record):
    """A full factorial of AXES; `own` if the task follows from the imbalance and its severity."""

    models: Model  # stacked over bodies
    impairments: Impairment  # stacked over imbalances x severities
    tasks: Task  # stacked over tasks, or over imbalances x severities
    severity: Float[Array, "severity"] = quantity("1", "severity")
    body: tuple[str, ...] = static()
    imbalance: tuple[str, ...] = static()
    task: tuple[str, ...] = static()
    own: bool = static()

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of cases along each of AXES."""
        return len(self.body), len(self.imbalance), len(self.severity), len(self.task)

    def rows(self, cases: Int[np.ndarray, "case"]) -> Rows:
        """What the cases of these numbers are made of."""
        body, imbalance, severity, task = np.unravel_index(cases, self.shape)
        pair = imbalance * len(self.severity) + severity
        return Rows(body, pair, pair if self.own else task)


def design(
    bodies: Bodies, tasks: Tasks | None, imbalances: Imbalances, severities: Iterable[float]
) -> Design:
    """The factorial of what was given; names and numbers are checked before anything is solved."""
    models = {"body": bodies} if isinstance(bodies, Model) else dict(bodies)
    changes = _named("imbalance", imbalances or {"none": Imbalance()})
    severity = [within("severity", value, 0.0, 1.0) for value in severities]
    chosen = None if tasks is None else _named("task", tasks)
    names = (OWN,) if chosen is None else tuple(chosen)
    for axis, values in {"body": models, "severity": severity, "task": names}.items():
        if not values:
            raise ValueError(f"a sweep needs at least one {axis}")
    shares, first = jnp.asarray(severity), next(iter(models.values()))
    if chosen is None:
        stacked = _joined(_own_tasks(name, change, shares) for name, change in changes.items())
    else:
        stacked = _stacked(task(one) if isinstance(one, str) else one for one in chosen.values())
    return Design(
        models=_stacked(models.values()),
        impairments=_joined(_impairments(first, change, shares) for change in changes.values()),
        tasks=stacked,
        severity=shares,
        body=tuple(models),
        imbalance=tuple(changes),
        task=names,
        own=chosen is None,
    )


def _named(kind: str, given: Any) -> dict[str, Any]:
    """Things by name; those of a list are called by their own name or by their number."""
    if isinstance(given, Mapping):
        return dict(given)
    several(f"{kind}s", given)
    names = [one if isinstance(one, str) else f"{kind}_{number}" for number, one in enumerate(given)]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{kind} {name!r} is given more than once")
    return dict(zip(names, given, strict=True))


def _impairments(model: Model, change: Imbalance | str, severity: Float[Array, "severity"]) -> Impairment:
    whole = scenario(change).imbalance if isinstance(change, str) else change
    return jax.vmap(lambda share: whole.scaled(share).impairment(model))(severity)


def _own_tasks(name: str, change: Imbalance | str, severity: Float[Array, "severity"]) -> Task:
    if not isinstance(change, str):
        raise ValueError(f"give tasks: only a scenario has its own, and {name!r} is none")
    return jax.vmap(lambda share: scenario(change, share).task)(severity)


def _stacked(trees: Iterable[Any]) -> Any:
    """Trees of one structure as one with a leading axis, on the host."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


def _joined(trees: Iterable[Any]) -> Any:
    """Trees of one structure, joined along the leading axis they have, on the host."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *trees)
