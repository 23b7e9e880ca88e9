"""Matching: the exercises whose stimulus points most nearly at what a person lacks, at a given dose."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.optimize import nnls

from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import Person, initial
from spinesim.exercise import dose
from spinesim.exercise.dose import Menu, Week
from spinesim.exercise.library import Exercise
from spinesim.exercise.programme import Plan
from spinesim.exercise.responses import Demands, Responses

#: Most exercises of a session, latest stage that is matched, and share of the tolerance of the lowest discs
#: that an exercise may reach.
MOST, LATEST, SHARE = 8, 3.0, 0.9


def allowed(
    exercises: Sequence[Exercise], demands: Demands, person: Person, owner: Sequence[int]
) -> np.ndarray:
    """Which exercises a person may be given: stage, balance and tolerance."""
    count = len(exercises)
    pressed = np.zeros(count)
    cases = np.asarray(demands.compression)[-len(owner) :].max(axis=1)
    np.maximum.at(pressed, np.asarray(owner, int), cases)
    early = np.array([one.stage <= LATEST for one in exercises])
    steady = np.array([one.balance <= float(person.balance_level) for one in exercises])
    return early & steady & (pressed <= SHARE * float(person.tolerance))


def per_set(menu: Menu, demands: Demands, count: int) -> Float[np.ndarray, "need exercise"]:
    """Stimulus of one set of every exercise, once a week."""
    owner = np.asarray(menu.owner, int)
    ones = Week(jnp.ones(len(owner)), jnp.ones(len(owner)), jnp.ones(()), jnp.zeros(()))

    def only(which: jax.Array) -> jax.Array:
        sets = jnp.where(jnp.asarray(owner) == which, 1.0, 0.0)
        return dose.stimulus(Week(sets, ones.load, ones.sessions, ones.supervised), menu, demands)

    return np.asarray(jax.vmap(only)(jnp.arange(count))).T


def matched_sets(
    exercises: Sequence[Exercise],
    responses: Responses,
    menu: Menu,
    person: Person,
    wanted: np.ndarray,
    minutes: float,
) -> Float[np.ndarray, "exercise"]:
    """Sets of one session of `minutes` whose stimulus makes the least angle with `wanted`.

    Non-negative least squares finds the nearest point of the cone of stimuli, which is the direction of the
    least angle; the `MOST` greatest of it are kept.
    """  # fmt: skip
    demands = responses.of(initial(person, parameters()), person)
    may = allowed(exercises, demands, person, responses.owner)
    columns = per_set(menu, demands, len(exercises)) * may
    sets, _ = nnls(columns, wanted)
    kept = np.argsort(-sets)[:MOST]
    found = np.zeros(len(exercises))
    found[kept] = sets[kept]
    each = np.array([one.minutes / one.sets for one in exercises])
    return found * minutes / (found @ each) if found.any() else found


def matched_plan(plan: Plan, sets: Float[np.ndarray, "exercise"]) -> Plan:
    """The plan with these sets in every week, growing as those of `plan` do; loads as in the library."""
    growth = np.asarray(plan.sets.sum(axis=1) / plan.sets.sum(axis=1).max())
    return Plan(
        sets=jnp.asarray(growth[:, None] * sets),
        load=jnp.ones(plan.load.shape),
        sessions=plan.sessions,
        supervised=plan.supervised,
    )
