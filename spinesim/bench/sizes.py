"""What a coupled solve costs with fewer or more fascicles, and with fewer contacts or other supports.

What it costs with fewer levels is asked in `levels`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from spinesim._record import Record
from spinesim.bench.coupled import alike, how, residual
from spinesim.bench.opensim_trunk import frames
from spinesim.bench.timing import Contestant, Row, race
from spinesim.models.anatomy import Model
from spinesim.models.build import lumbar_model
from spinesim.models.state import Task
from spinesim.scenarios.tasks import task
from spinesim.solvers.outcome import Equilibrium
from spinesim.sweeps.chunks import chunk_size
from spinesim.sweeps.local import solve_batch

T = TypeVar("T", bound=Record)

#: Tasks by the number of their supported contacts.
SUPPORTED = ("single_leg_stance", "standing", "sitting", "slouched", "quadruped", "lying_supine")


def fascicles(rounds: int) -> list[Row]:
    """Frames of flexion held by a quarter of the fascicles, by half, by all, and by all split in two."""
    model, size = lumbar_model(), chunk_size(1.0)
    tasks = stacked(frames(size))
    found = [with_fascicles(model, kept(model, share)) for share in (0.25, 0.5, 1.0, 2.0)]
    bodies = {f"{len(body.fascicles.name)} fascicles": (alike(body, size), tasks) for body in found}
    return _raced("coupled solve, fascicles", bodies, rounds)


def contacts(rounds: int) -> list[Row]:
    """The same frames, the body having fewer places that could be supported than it has."""
    model, size = lumbar_model(), chunk_size(1.0)
    tasks, every = stacked(frames(size)), len(model.contacts.name)
    bodies = {}
    for count in (6, 12, 24, every):  # the first six are the soles
        rows = np.arange(count)
        bodies[f"{count} contacts"] = alike(with_contacts(model, rows), size), _standing_on(tasks, rows)
    return _raced("coupled solve, contacts", bodies, rounds)


def supports(rounds: int) -> list[Row]:
    """Other supports, in other postures: the same program."""
    model, size = lumbar_model(), chunk_size(1.0)
    posed = {name: task(name) for name in SUPPORTED}
    counts = {name: int(np.sum(one.posture.supports.active)) for name, one in posed.items()}
    bodies = {
        f"{counts[name]} supported, {name}": (alike(model, size), alike(one, size))
        for name, one in posed.items()
    }
    return _raced("coupled solve, supports", bodies, rounds)


def _raced(question: str, bodies: Mapping[str, tuple[Model, Task]], rounds: int) -> list[Row]:
    def run(body: Model, tasks: Task) -> list[Equilibrium]:
        return [solve_batch(body, tasks)]

    size = chunk_size(1.0)
    field = {
        name: Contestant(partial(run, *case), size, residual, "residual [N]", how)
        for name, case in bodies.items()
    }
    return race(question, field, rounds)


def kept(model: Model, share: float) -> list[int]:
    """Rows of a share of every group of a side, at least one; of all of them twice with a share of 2."""
    groups = list(zip(model.fascicles.group, model.fascicles.side, strict=True))
    members, places, rows = Counter(groups), Counter[tuple[str, str]](), []
    for row, group in enumerate(groups):
        count = max(1, round(share * members[group]))
        at, places[group] = places[group], places[group] + 1
        # Evenly over the group: as many as the whole numbers that its part of the way passes.
        rows += [row] * (((at + 1) * count) // members[group] - (at * count) // members[group])
    return rows


def with_fascicles(model: Model, rows: Sequence[int]) -> Model:
    """The body with these fascicles, some perhaps more than once; every group keeps its strength."""
    own = model.fascicles
    group = np.array([f"{group} {side}" for group, side in zip(own.group, own.side, strict=True)])
    force = np.asarray(own.max_force)
    stronger = np.array(
        [
            force[group == group[row]].sum() / force[[i for i in rows if group[i] == group[row]]].sum()
            for row in rows
        ]
    )
    body = of_fascicles(model, rows)
    chosen = body.fascicles
    return replace(
        body,
        fascicles=replace(
            chosen, max_force=chosen.max_force * stronger, passive_force=chosen.passive_force * stronger,
            pcsa=chosen.pcsa * stronger,
        ),
    )  # fmt: skip


def of_fascicles(model: Model, rows: Sequence[int]) -> Model:
    """The body with these of its fascicles alone, as strong as they are."""
    where = {row: np.flatnonzero(np.array(model.paths.fascicle) == row) for row in set(rows)}
    points = np.concatenate([where[row] for row in rows])
    wraps = {before: number for number, before in enumerate(model.wraps.before)}
    bent = [(new, wraps[old]) for new, old in enumerate(points) if old in wraps]
    surfaces = _taken(model.wraps, [number for _, number in bent])
    owners = [new for new, row in enumerate(rows) for _ in where[row]]
    return replace(
        model,
        fascicles=_taken(model.fascicles, rows),
        paths=replace(_taken(model.paths, points), fascicle=tuple(owners)),
        wraps=replace(surfaces, before=tuple(new for new, _ in bent)),
        abdomen=replace(model.abdomen, gain=model.abdomen.gain[np.array(rows)]),
    )


def with_contacts(model: Model, rows: np.ndarray) -> Model:
    """The body with these places that may be supported."""
    return replace(model, contacts=_taken(model.contacts, rows))


def _standing_on(tasks: Task, rows: np.ndarray) -> Task:
    """Stacked tasks for a body `with_contacts`."""
    return eqx.tree_at(
        lambda task: task.posture.supports, tasks,
        jax.tree.map(lambda leaf: leaf[:, rows], tasks.posture.supports),
    )  # fmt: skip


def _taken(record: T, rows: Sequence[int] | np.ndarray) -> T:
    """Rows of a struct of arrays and of names."""

    def chosen(value: Any) -> Any:
        return tuple(value[row] for row in rows) if isinstance(value, tuple) else value[np.asarray(rows)]

    return type(record)(**{name: chosen(value) for name, value in vars(record).items()})


def stacked(tasks: Sequence[Task]) -> Task:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *tasks)
