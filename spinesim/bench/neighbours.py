"""Rows of cases that change little from one to the next, each started from those before it or cold."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim.bench.coupled import Ends, alike, residual
from spinesim.bench.timing import OURS, Contestant, Row, race
from spinesim.models.anatomy import Model
from spinesim.models.build import lumbar_model
from spinesim.models.state import Task
from spinesim.scenarios.imbalances import scenario
from spinesim.scenarios.tasks import task
from spinesim.solvers.equilibrium import STILL, solve
from spinesim.solvers.solution import Status
from spinesim.sweeps.ending import counted, ended
from spinesim.sweeps.movement import tasks_along

#: What the unknowns of the last case and of the one before it count in a guess; a cold start is at zero.
STARTS = {
    OURS: (0.0, 0.0),
    f"{OURS}, from the one before": (1.0, 0.0),
    f"{OURS}, ahead of the last two": (2.0, -1.0),
}
_COUNTS = (31, 121)


class Followed(NamedTuple):
    """Answers of a row of cases, and what they took."""

    ends: Ends
    inner_steps: Int[Array, "case"]


def neighbours(rounds: int) -> list[Row]:
    """Severities of an imbalance while a crate is held, and frames of flexion."""
    return [
        row
        for count in _COUNTS
        for name, cases in {"severities": severities(count), "frames of flexion": flexion(count)}.items()
        for row in _raced(f"neighbours, {count} {name}", cases, rounds)
    ]


def severities(count: int) -> tuple[Model, Task]:
    """Bodies crossed by degrees, the crate held close."""
    model, whole = lumbar_model(), scenario("lower_crossed").imbalance
    shares = jnp.linspace(0.0, 1.0, count)
    bodies = jax.vmap(lambda share: whole.scaled(share).impairment(model).apply(model))(shares)
    return bodies, alike(task("hold_close"), count)


def flexion(count: int) -> tuple[Model, Task]:
    """The same body, bent by degrees."""
    return alike(lumbar_model(), count), tasks_along("flexion", np.linspace(0.0, 1.0, count))


@jax.jit
def followed(cases: tuple[Model, Task], weights: Float[Array, "2"]) -> Followed:
    """Stacked cases one after the other; after one that was not held the next starts cold."""

    def one(before: tuple[Array, Array], case: tuple[Model, Task]) -> tuple[tuple[Array, Array], Followed]:
        last, earlier = before
        end = solve(*case, weights[0] * last + weights[1] * earlier)
        held = jnp.where(end.status == Status.converged, end.multipliers, 0.0)
        first = ~jnp.any(last)  # nothing leads ahead yet, and the next starts from this one itself
        answer = Followed(Ends(end.status, end.residual_force, end.disc_compression), end.inner_steps)
        return (held, jnp.where(first, held, last)), answer

    return jax.lax.scan(one, (jnp.asarray(STILL), jnp.asarray(STILL)), cases)[1]


def _raced(question: str, cases: tuple[Model, Task], rounds: int) -> list[Row]:
    count, cases = len(cases[0].person.mass), jax.tree.map(jnp.asarray, cases)

    def how(answer: Followed) -> str:
        trials = float(np.mean(answer.inner_steps))
        return f"one device; {trials:.1f} trials of sharing; {ended(counted(answer.ends.status))}"

    def worst(answer: Followed) -> float:
        return residual([answer.ends])

    field = {
        name: Contestant(partial(followed, cases, jnp.array(weights)), count, worst, "residual [N]", how)
        for name, weights in STARTS.items()
    }
    return race(question, field, rounds)
