"""Bodies whose upper levels are fused: the vertebrae above the free ones are one bone with the thorax.

That bone has its origin where its lowest vertebra had it, in the middle of the topmost free disc; muscles,
surfaces and contacts ride on it. Levels and bodies are constants of `anatomy`, which a model agrees with: one
with fewer can be asked in a process that has fewer (`levels`).
"""

from dataclasses import replace
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.bench.sizes import of_fascicles
from spinesim.models.anatomy import (
    BODIES,
    LEVELS,
    PARENTS,
    Bodies,
    Contacts,
    Discs,
    Facets,
    Ligaments,
    Model,
    Paths,
    Wraps,
)
from spinesim.models.scaling import THORAX, neutral_origins
from spinesim.models.state import Task

Riding = TypeVar("Riding", Paths, Wraps, Contacts)
Levels = TypeVar("Levels", Discs, Ligaments, Facets)


def names(free: int) -> dict[str, tuple[Any, ...]]:
    """The constants of `anatomy` with the lowest `free` levels alone."""
    owner, kept = _owner(free), _kept(free)
    parents = (-1, *(int(owner[PARENTS[body]]) for body in _lowest(free)[1:]))
    return {"LEVELS": LEVELS[:free], "BODIES": tuple(BODIES[body] for body in kept), "PARENTS": parents}


def fused(model: Model, free: int) -> Model:
    """The body with its lowest `free` levels (2 to 6) alone, without the fascicles within one bone."""
    owner, carried, abdomen = _owner(free), _carried(model, free), model.abdomen

    def riding(part: Riding, points: str) -> Riding:
        body = np.array(part.body)
        moved = {points: getattr(part, points) + carried[body]}
        return replace(part, body=tuple(owner[body].tolist()), **moved)

    def lowest(levels: Levels) -> Levels:
        return jax.tree.map(lambda leaf: leaf[:free], levels)

    body = replace(
        model,
        bodies=_bodies(model, free),
        discs=lowest(model.discs),
        ligaments=lowest(model.ligaments),
        facets=lowest(model.facets),
        paths=riding(model.paths, "position"),
        wraps=riding(model.wraps, "centre"),
        contacts=riding(model.contacts, "position"),
        abdomen=replace(
            abdomen,
            diaphragm=abdomen.diaphragm + carried[THORAX],
            fascia_path=abdomen.fascia_path[: free + 1],  # up to the lowest vertebra of the bone
        ),
    )
    return of_fascicles(body, _crossing(body))


def fused_task(task: Task, free: int) -> Task:
    """A task in the sagittal plane without loads on fused bones: what their levels bent, the hips bend."""
    rows = np.array(_kept(free))

    def parts(task: Task) -> tuple[Any, ...]:
        loads = task.loads
        by_body = (loads.carried_mass, loads.carried_point, loads.force, loads.point, loads.torque)
        return task.posture.levels, task.posture.pelvis, *by_body

    levels, pelvis, *loads = parts(task)
    bent = levels[:free], pelvis + levels[free:].sum(axis=0)
    return eqx.tree_at(parts, task, (*bent, *(load[rows] for load in loads)))


def _kept(free: int) -> list[int]:
    """Bodies that keep their name, the thorax for the fused bone."""
    return [*range(free), *range(THORAX, len(BODIES))]


def _lowest(free: int) -> list[int]:
    """The bodies that these are joined by: the fused bone by its lowest vertebra."""
    return [*range(free + 1), *range(THORAX + 1, len(BODIES))]


def _owner(free: int) -> np.ndarray:
    """(body,) row of what is left of every body."""
    body = np.arange(len(BODIES))
    return np.where(body > THORAX, body - (THORAX - free), np.minimum(body, free))


def _carried(model: Model, free: int) -> Float[np.ndarray, "body 3"]:
    """Origin of every body in the frame of the bone that it is part of, 0 where it is free [m]."""
    origins = neutral_origins(np.asarray(model.bodies.joint))
    return origins - origins[np.array(_lowest(free))[_owner(free)]]


def _bodies(model: Model, free: int) -> Bodies:
    """Joints, and masses with their centres and inertias put together."""
    owner, lowest, carried = _owner(free), np.array(_lowest(free)), _carried(model, free)
    parts, count = model.bodies, len(lowest)
    mass, com = parts.mass, parts.com + carried

    def together(rows: Float[Array, "body *rest"]) -> Float[Array, "bone *rest"]:
        return jax.ops.segment_sum(rows, owner, num_segments=count)

    whole = together(mass)
    moment = together(mass[:, None] * com)
    centre = np.where(whole[:, None] > 0, moment / np.where(whole > 0, whole, 1.0)[:, None], com[lowest])
    arm = com - centre[owner]
    spread = (arm * arm).sum(axis=1)[:, None, None] * np.eye(3) - arm[:, :, None] * arm[:, None, :]
    return Bodies(
        joint=parts.joint[lowest] + carried[np.array(PARENTS)[lowest]] * (lowest > 0)[:, None],
        mass=whole,
        com=jnp.asarray(centre),
        inertia=together(parts.inertia + mass[:, None, None] * spread),
    )


def _crossing(model: Model) -> list[int]:
    """Rows of the fascicles whose points ride on more than one bone."""
    bones = [set[int]() for _ in model.fascicles.name]
    for row, body in zip(model.paths.fascicle, model.paths.body, strict=True):
        bones[row].add(body)
    return [row for row, own in enumerate(bones) if len(own) > 1]
