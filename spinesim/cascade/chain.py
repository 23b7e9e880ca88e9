"""The fast cascade: from an imbalance to the load of every tissue, link by link.

The links are what an imbalance changes itself (CAUSES) and what the body makes of it: the posture that is
predicted with it, pelvis and lumbar spine. A link is cut by holding it as in the healthy body while the
others act, and the balance is solved anew: what is then missing is what the link did. Links interact, so
every coalition of them is solved, and their Shapley values share out the whole change.

Within the posture pelvis and lumbar spine undo each other: tilted alone, the pelvis takes the thorax along,
which the lumbar spine brings back. Together they say what the posture does, apart why.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._names import within
from spinesim._provenance import provenance
from spinesim._record import Record, entry, is_concrete, quantity, static, to_dataset
from spinesim.cascade.attribution import Coalition, coalitions, cut, shapley
from spinesim.cascade.reading import MUSCLES, Reading, read
from spinesim.models.anatomy import Model
from spinesim.models.imbalance import Imbalance
from spinesim.models.impairment import Impairment
from spinesim.models.labels import labels
from spinesim.models.state import Task
from spinesim.scenarios.imbalances import scenario
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.posture import Prediction, predict_posture
from spinesim.solvers.solution import Status

if TYPE_CHECKING:
    from xarray import Dataset

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


class Case(Record):
    """A body in the posture in which it settles."""

    model: Model
    task: Task
    equilibrium: Equilibrium


class Cascade(Record):
    """A chain from an imbalance to loads; check the status before using a number.

    `effect` (Shapley values) adds up over the links to the whole change; `cut` is what goes missing when
    that one link is cut. The turns are what each cause makes of the predicted posture, Shapley values too
    (bending to the right, rotation to the left, extension positive). What follows from a coalition that did
    not settle or is not in balance is NaN.
    """

    before: Case
    after: Case
    healthy: Reading
    impaired: Reading
    effect: Reading  # by link
    cut: Reading  # by link
    pelvis_turn: Float[Array, "cause 3"] = quantity("rad", "cause", "axis")
    lumbar_turn: Float[Array, "cause 3"] = quantity("rad", "cause", "axis")  # all levels together
    acting: Float[Array, "link"] = quantity("1", "link")  # 1 where there is something to cut
    unsolved: Int[Array, ""] = quantity("1")  # coalitions without a value
    status: Status = entry(Status)  # of the first of these, if there is one
    name: str = static()
    severity: float = static()

    @property
    def links(self) -> tuple[str, ...]:
        """The links that act."""
        return tuple(link for link, acts in zip(LINKS, self.acting, strict=True) if acts)

    def to_dataset(self) -> "Dataset":
        """Both readings, effects and cuts with names along their axes, units and provenance."""
        import xarray as xr

        names = labels(self.before.model) | {"link": LINKS, "cause": CAUSES, "muscle": MUSCLES}
        parts = {"healthy": (), "impaired": (), "effect": ("link",), "cut": ("link",)}
        read_off = [_read_off(part, getattr(self, part), names, axes) for part, axes in parts.items()]
        ds = xr.merge([*read_off, to_dataset(_without_records(self), names)])
        about = provenance(self.before.model, self.before.equilibrium)
        return ds.assign_attrs(about | {"scenario": self.name, "severity": self.severity})

    def __repr__(self) -> str:
        from spinesim.cascade.chart import text  # rich is for those who look

        return text(self) if is_concrete(self) else super().__repr__()


def cascade(
    model: Model, imbalance: Imbalance | str, task: Task | None = None, severity: float | int = 1.0
) -> Cascade:
    """What an imbalance does to posture, recruitment, stability and tissue, and through which link.

    Both postures are predicted, that of the healthy body and that of the impaired one.

    Args:
        model: the healthy body.
        imbalance: an imbalance, or a scenario by name, which changes its task as well.
        task: posture that is asked for, and loads; left out, that of the scenario.
        severity: 0 (the healthy body: every effect is exactly zero) to 1.

    Example:
        >>> chain = cascade(lumbar_model(), "tight_hip_flexors")
        >>> chain.to_dataset()["effect.facet_share"].sel(level="L4L5")
    """
    severity = within("severity", severity, 0.0, 1.0)
    asked = _asked(model, imbalance, task, severity)
    causes = [cause for cause in CAUSES if asked.changes(cause)]
    predicted = {some: predict_posture(asked.model(some), asked.task(some)) for some in coalitions(causes)}
    settled = {some: _turns(prediction) for some, prediction in predicted.items()}
    ends = predicted[_NONE], predicted[frozenset(causes)]
    links = [*causes, *(link for link in POSTURE if not _same(*(getattr(end, _TURN[link]) for end in ends)))]
    cases = {some: _case(asked, some, ends) for some in coalitions(links)}
    values = {some: read(case.model, case.task, case.equilibrium) for some, case in cases.items()}
    lost = [case for case in cases.values() if case.equilibrium.status != Status.converged]
    turns = _each(CAUSES, causes, settled, shapley)
    every = frozenset(links)
    return Cascade(
        before=cases[_NONE],
        after=cases[every],
        healthy=values[_NONE],
        impaired=values[every],
        effect=_each(LINKS, links, values, shapley),
        cut=_each(LINKS, links, values, cut),
        pelvis_turn=turns["pelvis"],
        lumbar_turn=turns["lumbar"],
        acting=jnp.array([float(link in links) for link in LINKS]),
        unsolved=jnp.asarray(len(lost)),
        status=lost[0].equilibrium.status if lost else Status.converged,
        name=imbalance if isinstance(imbalance, str) else "imbalance",
        severity=severity,
    )


_NONE: Coalition = frozenset()
_TURN = {"pelvis": "pelvis_change", "lumbar": "level_change"}


class _Asked(NamedTuple):
    """The healthy body and its task, and what becomes of both."""

    healthy: Model
    none: Impairment
    impairment: Impairment
    tasks: tuple[Task, Task]  # healthy, impaired

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


_impaired = eqx.filter_jit(Impairment.apply)


def _asked(model: Model, imbalance: Imbalance | str, task: Task | None, severity: float) -> _Asked:
    if isinstance(imbalance, str):
        named = scenario(imbalance, severity)
        scaled, tasks = named.imbalance, (scenario(imbalance, 0.0).task, named.task)
    elif task is None:
        raise ValueError("give a task: only a scenario has its own")
    else:
        scaled, tasks = imbalance.scaled(severity), (task, task)
    tasks = tasks if task is None else (task, task)
    return _Asked(model, Imbalance().impairment(model), scaled.impairment(model), tasks)


def _case(asked: _Asked, some: Coalition, ends: tuple[Prediction, Prediction]) -> Case:
    """The balance with some links acting; it is none if a posture that it takes did not settle."""
    pelvis, lumbar = ends["pelvis" in some], ends["lumbar" in some]
    model = asked.model(some)
    task = _turned(asked.task(some), pelvis.pelvis_change, lumbar.level_change)
    solution = solve(model, task)
    for end in (pelvis, lumbar):
        status = Status.where(solution.status == Status.converged, end.status, solution.status)
        solution = replace(solution, status=status)
    return Case(model, task, solution)


@eqx.filter_jit
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


def _each(
    names: Sequence[str],
    links: Sequence[str],
    value: Mapping[Coalition, Any],
    attribute: Callable[[Mapping[Coalition, Any], Sequence[str], str], Any],
) -> Any:
    """What is attributed to every one of `names`, stacked; those that are no links changed nothing."""
    nothing = jax.tree.map(np.zeros_like, value[_NONE])
    parts = [attribute(value, links, name) if name in links else nothing for name in names]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts)


def _read_off(
    part: str, reading: Reading, names: Mapping[str, Sequence[str]], axes: Sequence[str]
) -> "Dataset":
    ds = to_dataset(reading, names, axes)
    return ds.rename({name: f"{part}.{name}" for name in ds})


def _without_records(chain: Cascade) -> Cascade:
    """The numbers that are the cascade's own."""
    records = ("before", "after", "healthy", "impaired", "effect", "cut")
    return eqx.tree_at(lambda all_: [getattr(all_, name) for name in records], chain, [None] * len(records))


def _same(one: Any, other: Any) -> bool:
    """Whether two trees of one structure hold the same numbers, to the last bit."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)
