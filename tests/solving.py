"""Many cases through one compiled solve: what the tests of laws and solvers share."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from spinesim import Equilibrium, Model, Status, Task
from spinesim.sweeps.local import solve_batch

CASES = 16  # of the one program, which sweeps share; fewer are filled up


def stacked(trees: Sequence[Any]) -> Any:
    """Trees of the same structure as one tree with a leading axis."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def row(tree: Any, index: int) -> Any:
    """One case of a stacked tree."""
    return jax.tree.map(lambda leaf: leaf[index], tree)


def solve_all(models: Model | Sequence[Model], tasks: Sequence[Task]) -> Equilibrium:
    """Equilibria of up to CASES tasks, of one model or of one model each, stacked."""
    bodies = [models] * len(tasks) if isinstance(models, Model) else list(models)
    missing = CASES - len(tasks)
    assert missing >= 0 and len(bodies) == len(tasks)
    ends = solve_batch(stacked(bodies + bodies[:1] * missing), stacked([*tasks, *tasks[:1] * missing]))
    return jax.tree.map(lambda leaf: leaf[: len(tasks)], ends)


def ended(equilibria: Equilibrium, status: Any = Status.converged) -> bool:
    """Whether every case ended with `status`."""
    return bool(jnp.all(equilibria.status == status))
