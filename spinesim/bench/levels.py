"""What a coupled solve costs with fewer levels: every number of them in a process of its own.

Levels and bodies are constants of the code (`anatomy`), not numbers of a model. A process sets them before it
reads anything else, is given a body that agrees with them, and solves it whenever it is asked.
"""

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from operator import itemgetter

import jax

from spinesim.bench.coupled import alike, how, residual
from spinesim.bench.fused import fused, fused_task, names
from spinesim.bench.opensim_trunk import frames
from spinesim.bench.sizes import stacked
from spinesim.bench.timing import Contestant, Row, race
from spinesim.models.anatomy import LEVELS
from spinesim.models.build import lumbar_model
from spinesim.sweeps.chunks import chunk_size
from spinesim.sweeps.local import solve_batch

#: How such a process begins: with `names` on its input.
BEGIN = """
import pickle, sys
from spinesim.models import anatomy
vars(anatomy).update(pickle.load(sys.stdin.buffer))
"""
_ANSWER = "from spinesim.bench.levels import answer; answer()"
Process = subprocess.Popen[bytes]


def levels(rounds: int, counts: Sequence[int] = range(2, len(LEVELS) + 1)) -> list[Row]:
    """Frames of flexion held by a spine of the lowest levels alone, those above them fused.

    A process keeps about 1.2 GB of what it took to compile its program.
    """
    model, tasks = lumbar_model(), frames(chunk_size(1.0))
    bodies = {free: fused(model, free) for free in counts}
    field = {}
    with ExitStack() as running:
        for free, body in bodies.items():
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", BEGIN + _ANSWER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            )
            cases = body, stacked([fused_task(task, free) for task in tasks])
            _tell(process, pickle.dumps(names(free)) + pickle.dumps(cases))
            field[f"{free} levels, {len(body.fascicles.name)} fascicles"] = Contestant(
                partial(_asked, process), len(tasks), itemgetter(0), "residual [N]", itemgetter(1)
            )
        return race("coupled solve, levels", field, rounds)


def _tell(process: Process, words: bytes) -> None:
    assert process.stdin
    process.stdin.write(words)
    process.stdin.flush()


def _asked(process: Process) -> tuple[float, str]:
    """Largest residual and how the cases ended, from a process that has solved them once more."""
    _tell(process, b"again\n")
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a process with fewer levels ended before it answered")
    worst, said = json.loads(line)
    return worst, said


def answer() -> None:
    """In such a process: read a body and its tasks, and solve them at every line."""
    model, tasks = pickle.load(sys.stdin.buffer)
    body = alike(model, len(tasks.loads.hand_mass))
    for _ in sys.stdin.buffer:
        ends = [jax.block_until_ready(solve_batch(body, tasks))]
        print(json.dumps([residual(ends), how(ends)]), flush=True)
