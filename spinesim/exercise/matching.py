"""Matching: the exercises whose stimulus points most nearly at what a person lacks, at a given dose."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
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


class Offer(eqx.Module):
    """What the exercises of a menu give one person, and which of them the person may be given."""

    stimulus: Float[Array, "*person need exercise"]  # of one set once a week
    may: Bool[Array, "*person exercise"]


def offer(exercises: Sequence[Exercise], responses: Responses, menu: Menu, person: Person) -> Offer:
    """The offer to one person as they come."""
    return _offer(exercises, responses, menu, person, jax.jit(_one))


def offers(exercises: Sequence[Exercise], responses: Responses, menu: Menu, people: Person) -> Offer:
    """Offers to many people, stacked."""
    return _offer(exercises, responses, menu, people, jax.jit(jax.vmap(_one, in_axes=(None, None, 0))))


def _offer(exercises, responses, menu, person, ask) -> Offer:
    stimulus, pressed = ask(responses, menu, person)
    early = np.array([one.stage <= LATEST for one in exercises])
    balance = np.array([one.balance for one in exercises])
    steady = balance <= np.asarray(person.balance_level)[..., None]
    bearable = np.asarray(pressed) <= SHARE * np.asarray(person.tolerance)[..., None]
    return Offer(stimulus, jnp.asarray(early & steady & bearable))


def _one(
    responses: Responses, menu: Menu, person: Person
) -> tuple[Float[Array, "need exercise"], Float[Array, "exercise"]]:
    """Stimulus of a set of every exercise, and the greatest compression of each [N]."""
    demands = responses.of(initial(person, parameters()), person)
    return per_set(menu, demands), pressed(menu, demands)


def pressed(menu: Menu, demands: Demands) -> Float[Array, "exercise"]:
    """Greatest compression of any disc in each exercise, sides together [N]."""
    return jax.ops.segment_max(
        dose.hardest(demands), np.array(menu.owner, int), num_segments=max(menu.owner) + 1
    )


def per_set(menu: Menu, demands: Demands) -> Float[Array, "need exercise"]:
    """Stimulus of one set of every exercise, once a week."""
    owner = np.asarray(menu.owner, int)
    ones = jnp.ones(len(owner))

    def only(which: Array) -> Array:
        sets = jnp.where(jnp.asarray(owner) == which, 1.0, 0.0)
        return dose.stimulus(Week(sets, ones, jnp.ones(()), jnp.zeros(()), jnp.zeros(())), menu, demands)

    return jax.vmap(only)(jnp.arange(max(menu.owner) + 1)).T


def matched_sets(
    exercises: Sequence[Exercise], offered: Offer, wanted: Float[np.ndarray, "need"], minutes: float
) -> Float[np.ndarray, "exercise"]:
    """Sets of one session of `minutes` whose stimulus makes the least angle with `wanted`.

    Non-negative least squares finds the nearest point of the cone of stimuli, which is the direction of the
    least angle; the `MOST` greatest of it are kept.
    """
    sets, _ = nnls(np.asarray(offered.stimulus) * np.asarray(offered.may), wanted)
    kept = np.argsort(-sets)[:MOST]
    found = np.zeros(len(exercises))
    found[kept] = sets[kept]
    return scaled(exercises, found, minutes)


def greedy_sets(
    exercises: Sequence[Exercise], offered: Offer, wanted: Float[np.ndarray, "need"], minutes: float
) -> Float[np.ndarray, "exercise"]:
    """Sets of one session of `minutes`, each the one that most shortens the greatest deficit left.

    What a clinic does with a list of findings: no thought of uncertainty, of weeks or of what else is
    trained.
    """
    found, left = np.zeros(len(exercises)), np.array(wanted)
    columns = np.asarray(offered.stimulus) * np.asarray(offered.may)
    unit = columns / max(columns.max(), 1e-12)
    each = np.array([one.set_minutes for one in exercises])
    while columns.any() and found @ each < minutes:
        worst = np.argmax(left)
        best = np.argmax(unit[worst] / each)
        if unit[worst, best] <= 0:
            left[worst] = -np.inf  # nothing trains it
            if not np.isfinite(left).any():
                break
            continue
        found[best] += 1
        left = left - 0.2 * np.max(wanted) * unit[:, best] / unit[worst, best]
    return scaled(exercises, found, minutes)


def scaled(
    exercises: Sequence[Exercise], sets: Float[np.ndarray, "exercise"], minutes: float
) -> Float[np.ndarray, "exercise"]:
    """The same mixture in `minutes` of a session."""
    each = np.array([one.set_minutes for one in exercises])
    return sets * minutes / (sets @ each) if sets.any() else sets


def matched_plan(plan: Plan, sets: Float[np.ndarray, "exercise"]) -> Plan:
    """The plan with these sets in every week, growing as those of `plan` do; loads as in the library."""
    growth = np.asarray(plan.sets.sum(axis=1) / plan.sets.sum(axis=1).max())
    return Plan(
        sets=jnp.asarray(growth[:, None] * sets),
        load=jnp.ones(plan.load.shape),
        sessions=plan.sessions,
        supervised=plan.supervised,
        gated=plan.gated,
    )
