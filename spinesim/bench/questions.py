"""What is timed: sharing alone, posture to moment arms, the coupled solve, its gradient, a fresh process."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from spinesim._each import each
from spinesim.bench import peers, sizes
from spinesim.bench.coupled import beside_opensim, cores, coupled, drawn, gradient, held_cases
from spinesim.bench.levels import levels
from spinesim.bench.neighbours import neighbours
from spinesim.bench.paths import mujoco_arms
from spinesim.bench.sharing import cost, problems, share
from spinesim.bench.streamed import streamed
from spinesim.bench.timing import OURS, SEED, Contestant, Row, absent, quartiles, race
from spinesim.models.anatomy import Model
from spinesim.models.mechanics import SPINE, columns, pulls
from spinesim.models.placement import place
from spinesim.models.state import Task
from spinesim.solvers.balance import N_FORCE, pose, recruit, tissue_answer, unpack
from spinesim.solvers.equilibrium import STILL, problem, visit
from spinesim.solvers.newton import Newton
from spinesim.solvers.recruitment import Effort


def ask(quick: bool, with_peers: bool) -> Iterator[list[Row]]:
    """All questions, one after the other."""
    rounds = 3 if quick else 9
    for power in (2, 3):
        for strained in (False, True):
            yield sharing(power, strained, 64 if quick else 256, rounds, with_peers)
    yield moment_arms(rounds, with_peers)
    for count in (1, 64, 256) if quick else (1, 64, 256, 1024, 4096, 16384):
        yield coupled(count, rounds if count <= 256 else 3)
    yield drawn(rounds)
    yield beside_opensim(rounds, with_peers)
    if not quick:  # every size is a program to be compiled
        yield sizes.fascicles(rounds)
        yield sizes.contacts(rounds)
        yield levels(rounds)
        yield neighbours(rounds)
    yield sizes.supports(rounds)
    yield streamed((256, 2_048) if quick else (256, 8_192, 65_536))
    yield cores(rounds)
    yield gradient(rounds)
    yield start(1 if quick else 3)


def sharing(power: int, strained: bool, count: int, rounds: int, with_peers: bool) -> list[Row]:
    """Muscle redundancy alone, on the easy or on the most strained half of the same problems."""
    question = f"sharing, activation^{power}, {'strained' if strained else 'easy'}"
    every, objective = problems(SEED, 2 * count), Effort(power)
    given = jax.tree.map(lambda leaf: leaf[-count:] if strained else leaf[:count], every)
    ours = jax.jit(lambda many: each(lambda one: share(one, objective).activation, many))
    few = range(0, count, max(1, count // 8))  # of the engines that take milliseconds a case
    asked = jax.tree.map(lambda leaf: leaf[np.array(few)], given)
    exact = np.asarray(ours(given))
    best = [cost(peers.row(given, i), exact[i], objective) for i in few]

    def gap(answers: Any) -> float:
        chosen = np.asarray(answers)[few] if len(answers) == count else answers
        costs = [cost(peers.row(given, i), a, objective) for i, a in zip(few, chosen, strict=True)]
        return float(np.max(np.array(costs) / np.array(best) - 1))

    measure = "relative cost above ours"
    field = {OURS: Contestant(lambda: ours(given), count, gap, measure, f"batch of {count}")}
    missing = []
    for name, engine in peers.ENGINES.items() if with_peers else ():
        if power in engine.powers:
            try:
                answer = engine.make()
            except ImportError as error:
                missing.append(absent(question, name, str(error)))
                continue
            field[name] = Contestant(partial(answer, asked, power), len(few), gap, measure, engine.how)
    return race(question, field, rounds) + missing


def moment_arms(rounds: int, with_peers: bool, count: int = 64) -> list[Row]:
    """From a posture to lengths and moment arms of all fascicles, and on to activations; discs at rest."""
    question = "posture to lengths and moment arms"
    cases = jax.tree.map(jnp.asarray, held_cases(count))
    still = jnp.zeros((SPINE, 3))

    def arms(case: tuple[Model, Task]) -> tuple[Array, ...]:
        placement = place(*case)
        found = columns(placement, pulls(placement, still))
        return found.length, found.rows

    def shared(given: tuple[Model, Task]) -> tuple[Array, ...]:
        case = problem(*given, Effort())
        tissue, exact = tissue_answer(case, still), jnp.zeros(())
        at, _ = visit(case, jnp.asarray(STILL), tissue, exact, Newton().inner_steps)
        return recruit(case, pose(case, still), unpack(at.point)[1]).activation, at.residual[N_FORCE:]

    def sound(answer: Any) -> float:
        return 0.0 if all(np.all(np.isfinite(part)) for part in answer) else np.inf

    def missed(answer: Any) -> float:
        return float(np.max(np.abs(answer[1])))

    def ours(function: Callable[[tuple[Model, Task]], tuple[Array, ...]]) -> Callable[[], Any]:
        return partial(jax.jit(lambda cases: each(function, cases)), cases)

    on = f"{OURS}, on to activations"
    field = {
        OURS: Contestant(ours(arms), count, sound, "", "314 fascicles, with surfaces"),
        on: Contestant(ours(shared), count, missed, "residual [N, N m]", "supports shared too"),
    }
    if not with_peers:
        return race(question, field, rounds)
    try:
        peer = mujoco_arms(count)
    except ImportError as error:
        return [*race(question, field, rounds), absent(question, "MuJoCo", str(error))]
    field["MuJoCo"] = Contestant(peer, count, sound, "", "MyoTorso, 210 fascicles without hips, one thread")
    return race(question, field, rounds)


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


def start(rounds: int) -> list[Row]:
    """A fresh process: import, model and task, first solve, without and with what an earlier one kept."""
    spent: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for kind in ("cold", "warm"):
                for what, took in _fresh(folder).items():
                    spent.setdefault(f"{what}, {kind}", []).append(took)
    return [
        Row("fresh process", what, 1, *quartiles(np.array(times)), times[0], np.nan, "", "")
        for what, times in spent.items()
    ]


def _fresh(folder: str) -> dict[str, float]:
    """What a process spends on what [s], its compiled programs kept in `folder`."""
    environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": folder}
    done = subprocess.run(
        [sys.executable, "-c", _FRESH], env=environment, capture_output=True, text=True, check=True
    )
    took = map(float, done.stdout.split())
    return dict(zip(("import", "model and task", "first solve"), took, strict=True))
