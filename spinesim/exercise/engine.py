"""Exercises and activities through the engine: one compiled batch for whatever is asked of a body."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._each import dealt, spread
from spinesim._programs import kept
from spinesim._record import Record
from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import Tracking

#: Cases of the one compiled program; what is asked is cut and filled up to it, the filling left unsolved.
CASES = 16


class Asked(Record):
    """Bodies, what they do, and the activation they are cued to, stacked along a leading axis."""

    model: Model
    task: Task
    cue: Float[Array, "case fascicle"]


def solve_asked(asked: Asked) -> Equilibrium:
    """Equilibria of stacked cases; the work left by the cue is shared as activations squared.

    Tracking a cue of zero is `Effort()` to the last bit: both minimise half the sum of w a^2.
    """
    count = len(asked.cue)
    asked = jax.tree.map(np.asarray, asked)  # numpy takes rows without a program
    parts = []
    for start in range(0, count, CASES):
        wanted = min(CASES, count - start)
        places, rows = dealt(wanted, CASES), np.full(CASES, start)
        rows[places] = np.arange(start, start + wanted)
        taken = jax.tree.map(lambda leaf, rows=rows: leaf[rows], asked)
        ends = _solved(taken, jnp.asarray(wanted, "int32"))
        parts.append(jax.tree.map(lambda leaf, places=places: np.asarray(leaf)[places], ends))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


@kept
def _solved(asked: Asked, wanted: Int[Array, ""]) -> Equilibrium:
    return spread(lambda one: solve(one.model, one.task, objective=Tracking(one.cue)), asked, wanted)


def stacked(trees: Sequence[Any]) -> Any:
    """Trees of one structure as one tree with a leading axis."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)


def asked_of(model: Model, tasks: Sequence[Task], cues: Sequence[Array]) -> Asked:
    """Several tasks of one body."""
    bodies = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (len(tasks), *np.shape(leaf))), model)
    return Asked(bodies, stacked(tasks), jnp.stack(list(cues)))
