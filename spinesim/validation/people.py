"""Who takes part in the experiments on living people, and how their postures are solved: in batches."""

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from spinesim._programs import kept
from spinesim.models.anatomy import Model
from spinesim.models.build import lumbar_model
from spinesim.models.kinematics import Frames
from spinesim.models.placement import place
from spinesim.models.state import Task
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.posture import predict_posture
from spinesim.solvers.recruitment import AbstractObjective
from spinesim.sweeps.chunks import chunk_size, in_chunks, joined
from spinesim.sweeps.local import solve_batch

#: Numbers of some cases.
Cases = Int[np.ndarray, "case"]
#: Sex, mass [kg] and stature [m]: the volunteer of Wilke et al. (1999), a man and a woman of average size.
PEOPLE = {"volunteer": ("male", 70.0, 1.74), "man": ("male", 75.0, 1.75), "woman": ("female", 62.0, 1.63)}


Who = str | tuple[str, float, float]


@cache
def person(who: Who) -> Model:
    """One of PEOPLE, or a body of a sex, mass [kg] and stature [m]."""
    return lumbar_model(*(PEOPLE[who] if isinstance(who, str) else who))


@kept
def frames_of(model: Model, asked: Task) -> Frames:
    """Where the bodies are in a task."""
    return place(model, asked).frames


def stacked(trees: list[Any]) -> Any:
    """Trees of the same structure as one tree with a leading axis."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def taken(tree: Any, index: Any) -> Any:
    """Some rows, or one, of a stacked tree."""
    return jax.tree.map(lambda leaf: leaf[index], tree)


def solved(
    models: Model,
    tasks: Task,
    objective: AbstractObjective | None = None,
    keep: Callable[[Equilibrium], Any] = lambda solution: solution,
) -> Any:
    """What to `keep` of the equilibria of stacked models and tasks."""
    count = len(tasks.loads.hand_mass)
    return answered(count, lambda cases: (taken(models, cases), taken(tasks, cases)), objective, keep)


def answered(
    count: int,
    case: Callable[[Cases], tuple[Model, Task]],
    objective: AbstractObjective | None,
    keep: Callable[[Equilibrium], Any],
    done: Callable[[int], None] = lambda count: None,
) -> Any:
    """What to `keep` of `count` equilibria, in chunks of the one compiled batch that sweeps use.

    `case` gives the stacked models and tasks of some cases; `done` hears how many more are solved.
    """

    def solved(rows: Cases, wanted: int) -> Any:
        return keep(solve_batch(*case(rows), objective, wanted))

    parts = []
    for _, answers in in_chunks(solved, count, chunk_size(1.0)):
        parts.append(answers)
        done(len(jax.tree.leaves(answers)[0]))
    return joined(parts)


def settled(model: Model, tasks: Task) -> Task:
    """Stacked tasks with their postures settled: nobody tells people how to turn pelvis and every level.

    One by one, through the program that every prediction of one posture has.
    """
    count = len(tasks.loads.hand_mass)
    found = [predict_posture(model, jax.tree.map(lambda leaf, at=at: leaf[at], tasks)) for at in range(count)]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *(one.task for one in found))
