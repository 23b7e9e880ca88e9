"""Which of many random cases are held, and whether every answer stands when its residual is taken afresh.

python -m spinesim.bench.held --seed 2026 --count 10000 --json benchmarks/results/held.json
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

import spinesim as ss
from spinesim import Status
from spinesim.bench import counting
from spinesim.bench.cases import Cases, body, persons, random_cases
from spinesim.solvers import balance
from spinesim.solvers.balance import N_FORCE
from spinesim.solvers.equilibrium import problem
from spinesim.sweeps.chunks import chunk_size, in_chunks, joined
from spinesim.sweeps.local import solve_batch

T = TypeVar("T")

ANSWERS = (Status.converged, Status.overloaded, Status.unbalanced)
STATUSES = {
    name: getattr(Status, name)
    for name in ("converged", "overloaded", "unbalanced", "out_of_steps", "nonfinite")
}


class Ends(NamedTuple):
    """How the cases ended, one row each."""

    status: Any
    force: np.ndarray | Array  # largest residual of the answer, evaluated afresh [N]
    moment: np.ndarray | Array  # the same [N m]
    sound: np.ndarray | Array  # whether loads and activations are finite
    missed: np.ndarray | Array  # whether a reserve is beyond its price

    def all_of(self, *statuses: Status) -> np.ndarray:
        return np.any([np.asarray(self.status == status) for status in statuses], axis=0)

    @property
    def answered(self) -> np.ndarray:
        return self.all_of(*ANSWERS)

    @property
    def lost(self) -> np.ndarray:
        return ~self.answered

    @property
    def feasible(self) -> np.ndarray:
        """Held, or lost with no moment missed: those a better solver might hold count as if it did."""
        return self.all_of(Status.converged) | (self.lost & ~self.missed)

    @property
    def wrong(self) -> np.ndarray:
        """Answered, but not finite or not in balance."""
        return self.answered & ~(self.sound & (self.force < 1e-6) & (self.moment < 1e-8))


@jax.jit
def _bodies(models: ss.Model, cases: Cases) -> ss.Model:
    return jax.vmap(lambda case: body(models, case.person, case.strength))(cases)


@jax.jit
@jax.vmap
def _checked(model: ss.Model, task: ss.Task, end: ss.Equilibrium) -> Ends:
    """How one case ended, its residual evaluated afresh."""
    rows = jnp.abs(balance.residual(problem(model, task, ss.Effort()), end.multipliers))
    return Ends(
        status=end.status,
        force=jnp.max(jnp.concatenate([rows[:N_FORCE], rows[-6:-3]])),
        moment=jnp.max(jnp.concatenate([rows[N_FORCE:-6], rows[-3:]])),
        sound=jnp.all(jnp.isfinite(end.disc_compression)) & jnp.all(jnp.isfinite(end.activation)),
        missed=jnp.any(jnp.abs(end.multipliers[N_FORCE:]) > balance.HELD_PRICE),
    )


def answers(cases: Cases, about: Callable[[ss.Model, ss.Task, ss.Equilibrium], T]) -> Iterator[T]:
    """What is asked `about` the cases of a chunk, from their bodies, tasks and equilibria, chunk by chunk."""
    models = persons()

    def some(rows: np.ndarray, wanted: int) -> T:
        chosen = jax.tree.map(lambda leaf: leaf[rows], cases)
        bodies = _bodies(models, chosen)
        return about(bodies, chosen.task, solve_batch(bodies, chosen.task, None, wanted))

    return (found for _, found in in_chunks(some, len(cases.person), chunk_size(1.0)))


def solve_random(seed: int, count: int) -> tuple[ss.Model, ss.Task, ss.Equilibrium]:
    """Bodies, tasks and equilibria of `count` random cases."""
    return joined(answers(random_cases(seed, count)[0], lambda *case: case))


def solve_all(cases: Cases) -> Iterator[Ends]:
    """Ends of all cases, a chunk at a time."""
    return answers(cases, _checked)


def main() -> None:
    """Solve, count, and name the lost ones."""
    asked = counting.parser(__doc__, seed=2026, count=10_000).parse_args()
    cases, drawn = random_cases(asked.seed, asked.count)
    begun, ends = time.process_time(), []
    for chunk in solve_all(cases):
        ends.append(chunk)
        print(f"\r{sum(len(end.force) for end in ends)} of {asked.count}", end="", flush=True)
    end = joined(ends)
    found = {
        "seed": asked.seed,
        "count": asked.count,
        "status": {name: int(np.sum(end.all_of(status))) for name, status in STATUSES.items()},
        "feasible": int(np.sum(end.feasible)),
        "feasible_lost": int(np.sum(end.feasible & end.lost)),
        "silently_wrong": int(np.sum(end.wrong)),
        "largest_residual_force_N": float(np.max(end.force[end.answered])),
        "largest_residual_moment_Nm": float(np.max(end.moment[end.answered])),
        "cpu_s_with_compiling": round(time.process_time() - begun, 1),
        "lost": [f"{int(at)}: {drawn[at]['kind'].name}" for at in np.flatnonzero(end.lost)],
    }
    print(f"\n{json.dumps(found, indent=1)}")
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
