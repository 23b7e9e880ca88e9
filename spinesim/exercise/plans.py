"""What the planner moves, the plan that it means, and the limits that every plan keeps."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.stats import norm

from spinesim._record import Record, quantity, static
from spinesim.adaptation.parameters import Parameters, drawn
from spinesim.adaptation.state import Person
from spinesim.exercise import dose, matching
from spinesim.exercise.library import Exercise
from spinesim.exercise.population import People, same_person, tolerance_spread
from spinesim.exercise.profile import Profile
from spinesim.exercise.programme import Plan
from spinesim.exercise.responses import Responses

#: Most exercises, sets of one exercise and minutes of a session; weekly growth of the minutes at most.
MOST_EXERCISES, MOST_SETS, MOST_MINUTES, GROWTH = 8, 6, 30.0, 0.15
#: Sessions a week at least and at most.
FEWEST, MOST = 2.0, 6.0
#: External loads over those of the library, at least and at most.
LIGHTEST, HEAVIEST = 0.5, 1.5
#: Shares of tolerance that compression may reach in the first and last week, and how often more is borne.
FIRST_SHARE, LAST_SHARE, CHANCE = 0.7, 0.9, 0.05
#: Compression that no exercise may reach, in most people and with a degenerated disc [N] (NIOSH 1981).
DESIGN, VULNERABLE = 3400.0, 2700.0
_CLOSED = -30.0


class Choice(Record):
    """What the optimiser moves, all real numbers."""

    exercise: Float[Array, "exercise"] = quantity("1", "exercise")  # log odds of a share of the minutes
    load: Float[Array, "exercise"] = quantity("1", "exercise")  # log odds between LIGHTEST and HEAVIEST
    growth: Float[Array, ""] = quantity("1")  # log odds of weekly growth up to GROWTH
    sessions: Float[Array, ""] = quantity("1")  # log odds of FEWEST to MOST a week
    size: Float[Array, ""] = quantity("1")  # log odds of the minutes of the last session, up to the most


class Case(Record):
    """The person as known, and draws of what is not."""

    crowd: People
    p: Parameters
    responses: Responses
    menu: dose.Menu
    minutes: Float[Array, "exercise"] = quantity("min", "exercise")  # of one set
    may: Float[Array, "exercise"] = quantity("1", "exercise")  # 1 where the person may be given it
    loaded: Float[Array, "exercise"] = quantity("1", "exercise")  # 1 where there is a load to change
    price: Float[Array, ""] = quantity("points week/min")  # of a minute a week, in points of pain
    weeks: int = static()


def make_case(
    who: Profile,
    exercises: Sequence[Exercise],
    responses: Responses,
    weeks: int,
    draws: int,
    seed: int,
    price: float,
) -> Case:
    """The person with so many draws of what is not known of them."""
    menu, crowd = dose.menu(exercises, responses), same_person(who.person, who.routine, draws, seed)
    return Case(
        crowd=crowd,
        p=drawn(draws, seed),
        responses=responses,
        menu=menu,
        minutes=jnp.asarray([one.set_minutes for one in exercises]),
        may=jnp.asarray(allowed(exercises, responses, menu, who.person).astype(float)),
        loaded=jnp.asarray([float(bool(one.loads)) for one in exercises]),
        price=jnp.asarray(price),
        weeks=weeks,
    )


def limit(person: Person) -> Float[Array, ""]:
    """Compression that the person may be given in the last week [N]."""
    return jnp.minimum(LAST_SHARE * person.tolerance, design(person))


def design(person: Person) -> Float[Array, ""]:
    """Compression that the person may not be given whatever they tolerate [N]."""
    return jnp.where(jnp.max(person.degenerated) >= 0.5, VULNERABLE, DESIGN)


def chance_over(pressed: Float[np.ndarray, "exercise"], person: Person) -> Float[np.ndarray, "exercise"]:
    """Chance that a compression exceeds what the person bears, given how tolerance varies between people."""
    force = np.maximum(pressed, 1e-3) * float(person.weight)
    chance = norm.cdf(np.log(force / (LAST_SHARE * float(person.tolerance))) / tolerance_spread())
    return np.where(force > float(design(person)), 1.0, chance)


def allowed(
    exercises: Sequence[Exercise], responses: Responses, menu: dose.Menu, person: Person
) -> np.ndarray:
    """Which exercises a person may be given: stage, balance, and bearable but for CHANCE."""
    pressed = np.asarray(matching.pressed(menu, responses.demands))
    bearable = chance_over(pressed, person) <= CHANCE
    early = np.array([one.stage <= matching.LATEST for one in exercises])
    steady = np.array([one.balance <= float(person.balance_level) for one in exercises])
    if not (bearable & early & steady).any():
        raise ValueError("none of these exercises is steady and light enough for this profile")
    return bearable & early & steady


def shares(choice: Choice, case: Case) -> Float[Array, "exercise"]:
    """Share of the minutes of every exercise."""
    return jax.nn.softmax(jnp.where(case.may > 0, choice.exercise, _CLOSED))


def plan_of(choice: Choice, case: Case) -> Plan:
    """The plan that a choice means; no more sets of an exercise, nor minutes of a session, than the most."""
    session = MOST_MINUTES * jax.nn.sigmoid(choice.size)
    ahead = jnp.arange(case.weeks) - (case.weeks - 1.0)
    growth = (1 + GROWTH * jax.nn.sigmoid(choice.growth)) ** ahead
    load = LIGHTEST + (HEAVIEST - LIGHTEST) * jax.nn.sigmoid(choice.load)
    return Plan(
        sets=jnp.minimum(growth[:, None] * (session * shares(choice, case) / case.minutes), MOST_SETS),
        load=jnp.broadcast_to(jnp.where(case.loaded > 0, load, 1.0), (case.weeks, len(load))),
        sessions=jnp.zeros(case.weeks) + FEWEST + (MOST - FEWEST) * jax.nn.sigmoid(choice.sessions),
        supervised=jnp.zeros(case.weeks),
        gated=jnp.ones(case.weeks),
    )


def start_choice(case: Case, exercises: Sequence[Exercise], person: Person) -> Choice:
    """The nearest stimulus to what the person lacks, 3 sessions of 20 minutes."""
    offered = matching.offer(exercises, case.responses, case.menu, person)
    offered = replace(offered, may=jnp.asarray(case.may > 0))
    sets = matching.matched_sets(exercises, offered, np.asarray(dose.needs(person)), 20.0)
    zero = jnp.zeros(())
    share = jnp.asarray(sets) * case.minutes / 20.0
    choice = Choice(jnp.log(share + 0.01), 0 * case.minutes, zero, zero - 1.1, zero + 0.7)
    return jax.tree.map(settled, choice)


def settled(leaf: Array) -> Array:
    """The same numbers, their type no longer weak: what is compiled for them serves all that follow."""
    return jnp.asarray(np.asarray(leaf))


def rounded(plan: Plan, case: Case) -> Plan:
    """Whole sets of at most MOST_EXERCISES exercises within MOST_MINUTES, whole sessions a week.

    From week to week sets are added, those that are missed most first, while the minutes grow by GROWTH at
    most.
    """
    sets, each = np.asarray(plan.sets), np.asarray(case.minutes)
    kept = np.argsort(-(sets[-1] * each))[:MOST_EXERCISES]
    wanted = np.zeros_like(sets)
    wanted[:, kept] = sets[:, kept]
    whole = np.zeros_like(sets)
    most = max(float(wanted[0] @ each), float(each[kept].min()))
    for week in range(len(sets)):
        whole[week] = _filled(wanted[week], each, min(most, MOST_MINUTES))
        most = (1 + GROWTH) * max(float(whole[week] @ each), float(each[kept].min()))
    return replace(plan, sets=jnp.asarray(whole), sessions=jnp.round(plan.sessions))


def _filled(wanted: np.ndarray, each: np.ndarray, most: float) -> np.ndarray:
    """Whole sets nearest to `wanted`, one after the other, within `most` minutes."""
    found = np.zeros_like(wanted)
    while True:
        short = np.where(found @ each + each <= most + 1e-9, np.minimum(wanted, MOST_SETS) - found, 0.0)
        if short.max() < 0.5:
            return found
        found[np.argmax(short)] += 1


def like(plan: Plan, other: Plan, case: Case) -> Plan:
    """`plan` with the minutes of every week and the sessions of `other`: the same dose."""
    mine, theirs = plan.sets @ case.minutes, other.sets @ case.minutes
    scale = jnp.where(mine > 0, theirs / jnp.where(mine > 0, mine, 1.0), 0.0)
    return replace(plan, sets=plan.sets * scale[:, None], sessions=other.sessions)
