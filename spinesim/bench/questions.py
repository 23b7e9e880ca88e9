"""What is timed: sharing alone, posture to moment arms, the coupled solve, its gradient, a fresh process."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._each import each
from spinesim.bench import peers
from spinesim.bench.held import solve_random
from spinesim.bench.paths import mujoco_arms
from spinesim.bench.sharing import Sharing, cost, problems, share
from spinesim.bench.timing import Contestant, Row, absent, race
from spinesim.models.anatomy import Model
from spinesim.models.mechanics import SPINE, columns, pulls
from spinesim.models.placement import place
from spinesim.models.state import Task
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import Effort
from spinesim.solvers.solution import Status
from spinesim.sweeps.local import chunk_size, solve_batch

SEED = 31
_FEW = 16  # cases whose gradients are taken at once
OURS = "spinesim"


def ask(quick: bool, with_peers: bool) -> Iterator[list[Row]]:
    """All questions, one after the other."""
    rounds = 3 if quick else 9
    for power in (2, 3):
        for strained in (False, True):
            yield sharing(power, strained, 64 if quick else 256, rounds, with_peers)
    yield moment_arms(rounds, with_peers)
    for count in (1, 64, 256) if quick else (1, 64, 256, 1024, 4096, 16384):
        yield coupled(count, 1 if count > 256 else rounds)
    yield cores(rounds)
    yield gradient(rounds)
    yield start()


def sharing(power: int, strained: bool, count: int, rounds: int, with_peers: bool) -> list[Row]:
    """Muscle redundancy alone, on the easy or on the most strained half of the same problems."""
    question = f"sharing, activation^{power}, {'strained' if strained else 'easy'}"
    every, objective = problems(SEED, 2 * count), Effort(power)
    given = jax.tree.map(lambda leaf: leaf[-count:] if strained else leaf[:count], every)
    ours = jax.jit(lambda many: each(lambda one: share(one, objective), many))
    few = range(0, count, max(1, count // 8))  # of the engines that take milliseconds a case
    exact = np.asarray(ours(given))
    best = [cost(_row(given, i), exact[i], objective) for i in few]

    def gap(answers: Any) -> float:
        each = [answers[i] for i in few] if len(answers) == count else list(answers)
        costs = [cost(_row(given, i), np.asarray(a), objective) for i, a in zip(few, each, strict=True)]
        return float(np.max(np.array(costs) / np.array(best) - 1))

    measure = "relative cost above ours"
    field = {OURS: Contestant(lambda: ours(given), count, gap, measure, f"batch of {count}")}
    missing = []
    for name, (make, powers) in peers.ENGINES.items() if with_peers else ():
        if power in powers:
            try:
                answer = make()
            except ImportError as error:
                missing.append(absent(question, name, str(error)))
                continue
            one_by_one = partial(_each, answer, [_row(given, i) for i in few], power)
            field[name] = Contestant(one_by_one, len(few), gap, measure, "one by one")
    return race(question, field, rounds) + missing


def _row(given: Sharing, index: int) -> Sharing:
    return jax.tree.map(lambda leaf: np.asarray(leaf[index]), given)


def _each(answer: peers.Answer, given: list[Sharing], power: int) -> list[np.ndarray]:
    return [answer(one, power) for one in given]


def moment_arms(rounds: int, with_peers: bool, count: int = 64) -> list[Row]:
    """From a posture to lengths and moment arms of all fascicles, discs at rest."""
    question = "posture to lengths and moment arms"
    models, tasks, _ = solve_random(SEED, count)

    def one(case: tuple[Model, Task]) -> tuple[Array, Array]:
        placement = place(*case)
        found = columns(placement, pulls(placement, jnp.zeros((SPINE, 3))))
        return found.length, found.moment

    ours = jax.jit(lambda models, tasks: each(one, (models, tasks)))

    def sound(answer: Any) -> float:
        return 0.0 if all(np.all(np.isfinite(part)) for part in answer) else np.inf

    field = {OURS: Contestant(lambda: ours(models, tasks), count, sound, "", "314 fascicles, with surfaces")}
    if not with_peers:
        return race(question, field, rounds)
    try:
        peer = mujoco_arms(count)
    except ImportError as error:
        return [*race(question, field, rounds), absent(question, "MuJoCo", str(error))]
    field["MuJoCo"] = Contestant(peer, count, sound, "", "MyoTorso, 210 fascicles without hips, one thread")
    return race(question, field, rounds)


def held_cases(count: int) -> tuple[Model, Task]:
    """Random cases that muscles and supports hold, repeated where there are not enough."""
    models, tasks, ends = solve_random(SEED, min(int(1.3 * count) + 16, 320))
    held = np.resize(np.flatnonzero(np.asarray(ends.status == Status.converged)), count)
    return jax.tree.map(lambda leaf: leaf[held], (models, tasks))


def coupled(count: int, rounds: int) -> list[Row]:
    """The whole solve: discs, ligaments, facets, muscles and supports."""
    cases, size = held_cases(count), chunk_size(1.0)
    cores = f"{jax.local_device_count()} devices"

    def residual(ends: list[Equilibrium]) -> float:
        return max(float(np.max(end.residual_force)) for end in ends)

    def one() -> list[Equilibrium]:
        return [solve(*_case(cases, 0))]

    field = {OURS: Contestant(one, 1, residual, "residual [N]", "one by one")}
    if count > 1:
        chunks = partial(_in_chunks, solve_batch, cases, size)
        field = {OURS: Contestant(chunks, count, residual, "residual [N]", f"chunks of {size}, {cores}")}
    return race("coupled solve", field, rounds)


def cores(rounds: int) -> list[Row]:
    """The same chunks of cases on one device of the machine and on all of them."""
    size = chunk_size(1.0)
    cases = held_cases(4 * size)
    alone = jax.jit(lambda models, tasks: each(lambda case: solve(*case), (models, tasks)))

    def lost(ends: list[Equilibrium]) -> float:
        return float(sum(np.sum(np.asarray(end.status != Status.converged)) for end in ends))

    field = {
        name: Contestant(
            partial(_in_chunks, run, cases, size), 4 * size, lost, "cases lost", f"chunks of {size}"
        )
        for name, run in {"one device": alone, f"{jax.local_device_count()} devices": solve_batch}.items()
    }
    return race("cores", field, rounds)


def _in_chunks(
    run: Callable[[Model, Task], Equilibrium], cases: tuple[Model, Task], size: int
) -> list[Equilibrium]:
    parts = range(0, len(jax.tree.leaves(cases)[0]), size)
    return [run(*jax.tree.map(lambda leaf, at=at: leaf[at : at + size], cases)) for at in parts]


def _case(cases: tuple[Model, Task], index: int) -> tuple[Model, Task]:
    return jax.tree.map(lambda leaf: jnp.asarray(leaf[index]), cases)


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


_FRESH = """
import time
begun = time.perf_counter()
import spinesim as ss
ss.lumbar_model
imported = time.perf_counter()
model, task = ss.lumbar_model(), ss.Task(ss.Posture.flexed(trunk_flexion_deg=30), hand_load_kg=20)
made = time.perf_counter()
ss.solve(model, task).disc_compression.block_until_ready()
print(imported - begun, made - imported, time.perf_counter() - made)
"""


def start() -> list[Row]:
    """A fresh process: import, model and task, first solve, without and with what an earlier one kept."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": folder}
        for kind in ("cold", "warm"):
            done = subprocess.run(
                [sys.executable, "-c", _FRESH], env=environment, capture_output=True, text=True, check=True
            )
            for what, spent in zip(
                ("import", "model and task", "first solve"), done.stdout.split(), strict=True
            ):
                took = float(spent)
                rows.append(
                    Row("fresh process", f"{what}, {kind}", 1, took, took, took, took, np.nan, "", "")
                )
    return rows
