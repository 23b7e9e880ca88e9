"""Coupled solves timed: many at once, hard cases among them, on all cores, with gradients, beside OpenSim."""

import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._each import each
from spinesim.bench.held import solve_random
from spinesim.bench.opensim_trunk import bare, frames, static_optimisation, trunk_fascicles
from spinesim.bench.timing import OURS, SEED, Contestant, Row, absent, race
from spinesim.models.anatomy import Model
from spinesim.models.build import lumbar_model
from spinesim.models.state import Task
from spinesim.solvers import balance
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status
from spinesim.sweeps.ending import counted, ended
from spinesim.sweeps.local import chunk_size, solve_batch

_FEW = 16  # cases whose gradients are taken at once


def held_cases(count: int) -> tuple[Model, Task]:
    """Random cases that muscles and supports hold, repeated where there are not enough."""
    models, tasks, ends = solve_random(SEED, min(int(1.3 * count) + 16, 320))
    held = np.resize(np.flatnonzero(np.asarray(ends.status == Status.converged)), count)
    return jax.tree.map(lambda leaf: leaf[held], (models, tasks))


def coupled(count: int, rounds: int) -> list[Row]:
    """The whole solve: discs, ligaments, facets, muscles and supports."""
    cases = held_cases(count)
    alone = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[0]), cases)  # on one device
    in_chunks = partial(_in_chunks, solve_batch, cases, chunk_size(1.0))
    run = in_chunks if count > 1 else lambda: [solve(*alone)]
    return race("coupled solve", {OURS: Contestant(run, count, residual, "residual [N]", how)}, rounds)


def drawn(rounds: int, count: int = 320) -> list[Row]:
    """Random cases as they are drawn, those that no one could hold among them."""
    models, tasks, _ = solve_random(SEED, count)
    run = partial(_in_chunks, solve_batch, (models, tasks), chunk_size(1.0))

    return race(
        "coupled solve, hard cases too", {OURS: Contestant(run, count, residual, "residual [N]", how)}, rounds
    )


def residual(ends: list[Equilibrium]) -> float:
    """Largest unbalanced force of the answers [N]: cases that ran out of steps have none."""

    def answered(end: Equilibrium) -> np.ndarray:
        return np.asarray((end.status != Status.out_of_steps) & (end.status != Status.nonfinite))

    return max(float(np.max(end.residual_force, where=answered(end), initial=0.0)) for end in ends)


def how(ends: list[Equilibrium]) -> str:
    """In which pieces and on how many devices, and how the cases ended."""
    size, devices = len(np.atleast_1d(ends[0].residual_force)), jax.local_device_count()
    pieces = f"chunks of {size}, {devices} devices" if size > 1 else "one by one"
    return f"{pieces}; {ended(sum((counted(end.status) for end in ends), Counter()))}"


def beside_opensim(rounds: int, with_peers: bool) -> list[Row]:
    """Frames of flexion: the whole model, and the trunk that OpenSim's StaticOptimization can hold too."""
    question, size = "a frame of flexion", chunk_size(1.0)
    model, tasks = lumbar_model(), frames(size)
    kept = trunk_fascicles(model)
    trunk, few = bare(model, kept), range(0, size, max(1, size // 8))
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *tasks)
    rows = np.array([model.fascicles.name.index(name) for name in kept])
    same = alike(trunk, size)
    end = solve_batch(same, stacked)
    relief = 2 * np.sum(np.asarray(end.reserve_moment) ** 2, axis=(1, 2)) / balance.RIGID[0]
    best = (np.sum(np.asarray(end.activation)[:, rows] ** 2, axis=1) + relief)[np.array(few)]

    def ours(body: Model) -> Callable[[], list[Equilibrium]]:
        return lambda: [solve_batch(body, stacked)]

    def gap(found: np.ndarray) -> float:
        return float(np.max(np.abs(np.sum(found**2, axis=1) / best - 1)))

    whole = "314 fascicles, discs, facets"
    field = {
        OURS: Contestant(ours(alike(model, size)), size, residual, "residual [N]", whole),
        f"{OURS}, OpenSim's trunk": Contestant(ours(same), size, residual, "residual [N]", "no discs"),
    }
    if not with_peers:
        return race(question, field, rounds)
    name, about = "OpenSim StaticOptimization", f"{len(kept)} fascicles"
    with tempfile.TemporaryDirectory() as folder:
        try:
            chosen = [tasks[index] for index in few]
            with static_optimisation(trunk, chosen, rounds + 1, Path(folder)) as peer:
                field[name] = Contestant(peer, len(few), gap, "relative cost beside ours", about)
                return race(question, field, rounds)
        except ImportError as error:
            return [*race(question, field, rounds), absent(question, name, str(error))]


T = TypeVar("T")


def alike(tree: T, count: int) -> T:
    """The same body or task `count` times, stacked."""
    return jax.tree.map(lambda leaf: np.broadcast_to(leaf, (count, *np.shape(leaf))), tree)


def cores(rounds: int) -> list[Row]:
    """The same chunks of cases on one device of the machine and on all of them."""
    size = chunk_size(1.0)
    cases = held_cases(4 * size)
    alone = jax.jit(lambda models, tasks: each(lambda case: solve(*case), (models, tasks)))

    field = {
        name: Contestant(
            partial(_in_chunks, run, cases, size), 4 * size, residual, "residual [N]", f"chunks of {size}"
        )
        for name, run in {"one device": alone, f"{jax.local_device_count()} devices": solve_batch}.items()
    }
    return race("cores", field, rounds)


def _in_chunks(
    run: Callable[[Model, Task], Equilibrium], cases: tuple[Model, Task], size: int
) -> list[Equilibrium]:
    parts = range(0, len(jax.tree.leaves(cases)[0]), size)
    return [run(*jax.tree.map(lambda leaf, at=at: leaf[at : at + size], cases)) for at in parts]


def gradient(rounds: int) -> list[Row]:
    """Value, and value with its gradient by posture, loads and strength, of the greatest compression."""
    cases = jax.tree.map(jnp.asarray, held_cases(_FEW))

    def varied(case: tuple[Model, Task]) -> tuple[Array, Array, Array]:
        model, task = case
        return model.fascicles.max_force, task.posture.levels, task.loads.hand_mass

    def value(numbers: tuple[Array, Array, Array], model: Model, task: Task) -> Float[Array, ""]:
        model, task = eqx.tree_at(varied, (model, task), numbers)
        return jnp.max(solve(model, task).disc_compression)

    numbers = varied(cases)
    alone = eqx.filter_jit(eqx.filter_vmap(value))
    both = eqx.filter_jit(eqx.filter_vmap(jax.value_and_grad(value)))

    def sound(answer: Any) -> float:
        return 0.0 if all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(answer)) else np.inf

    field = {
        "value": Contestant(lambda: alone(numbers, *cases), _FEW, sound, ""),
        "value and gradient": Contestant(
            lambda: both(numbers, *cases), _FEW, sound, "", "by posture, load, strength"
        ),
    }
    return race("gradient through the coupled solve", field, rounds)
