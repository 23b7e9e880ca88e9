"""Coupled solves timed: many at once, hard cases among them, on all cores, with gradients, beside OpenSim."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

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
from spinesim.sweeps.chunks import Cases, chunk_size, in_chunks
from spinesim.sweeps.ending import counted, ended
from spinesim.sweeps.local import solve_batch

_FEW = 16  # cases whose gradients are taken at once
_DRAWN = 5_400  # random cases, of which 84 % are held


class Ends(NamedTuple):
    """What is read of many equilibria: how they ended, and a load."""

    status: Status
    residual_force: Float[Array, "case"]
    disc_compression: Float[Array, "case level"]


def held_cases(count: int) -> tuple[Model, Task]:
    """`count` random cases that muscles and supports hold, fewer where not so many are among `_DRAWN`."""
    models, tasks, ends = solve_random(SEED, min(int(1.3 * count) + 16, _DRAWN))
    held = np.flatnonzero(np.asarray(ends.status == Status.converged))[:count]
    return jax.tree.map(lambda leaf: leaf[held], (models, tasks))


def coupled(count: int, rounds: int) -> list[Row]:
    """The whole solve: discs, ligaments, facets, muscles and supports."""
    cases = held_cases(count)
    alone = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[0]), cases)  # on one device
    run = partial(_answered, cases, count) if count > 1 else lambda: [solve(*alone)]
    return race("coupled solve", {OURS: Contestant(run, count, residual, "residual [N]", how)}, rounds)


def drawn(rounds: int, count: int = 320) -> list[Row]:
    """Random cases as they are drawn, those that no one could hold among them."""
    models, tasks, _ = solve_random(SEED, count)
    run = partial(_answered, (models, tasks), count)
    return race(
        "coupled solve, hard cases too", {OURS: Contestant(run, count, residual, "residual [N]", how)}, rounds
    )


def residual(ends: Sequence[Equilibrium | Ends]) -> float:
    """Largest unbalanced force of the answers [N]: cases that ran out of steps have none."""

    def answered(end: Equilibrium | Ends) -> np.ndarray:
        return np.asarray((end.status != Status.out_of_steps) & (end.status != Status.nonfinite))

    return max(float(np.max(end.residual_force, where=answered(end), initial=0.0)) for end in ends)


def how(ends: Sequence[Equilibrium | Ends]) -> str:
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
    count = 4 * chunk_size(1.0)
    cases = held_cases(count)
    alone = jax.jit(lambda models, tasks: each(lambda case: solve(*case), (models, tasks)))

    def one_device(models: Model, tasks: Task, _: None, wanted: int) -> Equilibrium:
        return alone(models, tasks)

    chunks = f"chunks of {chunk_size(1.0)}"
    field = {
        name: Contestant(partial(_answered, cases, count, run), count, residual, "residual [N]", chunks)
        for name, run in {
            "one device": one_device,
            f"{jax.local_device_count()} devices": solve_batch,
        }.items()
    }
    return race("cores", field, rounds)


def _answered(
    cases: tuple[Model, Task], count: int, run: Callable[..., Equilibrium] = solve_batch
) -> list[Ends]:
    """`count` cases in chunks, as a sweep takes them; those given over and over if they are fewer."""
    given = len(jax.tree.leaves(cases)[0])

    def some(rows: Cases, wanted: int) -> Ends:
        end = run(*jax.tree.map(lambda leaf: leaf[rows % given], cases), None, wanted)
        return Ends(end.status, end.residual_force, end.disc_compression)

    return [ends for _, ends in in_chunks(some, count, chunk_size(1.0))]


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
