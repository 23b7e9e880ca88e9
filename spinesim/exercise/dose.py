"""Dose: what a week of life and training, seen through the engine, does to every muscle and level.

Bands of activation and what they train, smoothed: learning below 25 % of the greatest, endurance 25 to 45,
strength above 45 (Ekstrom et al. 2007), size above 60. Activations are the engine's, of the whole group.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity, static
from spinesim.adaptation import tissue
from spinesim.adaptation.day import Day
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import STRETCHED, Person, Slow
from spinesim.exercise.life import ACTIVITIES, SITTING, Routine
from spinesim.exercise.programme import Plan
from spinesim.exercise.responses import Demands, Responses
from spinesim.models.groups import REPORTED

#: Edges between the bands, and how soft they are [1].
LEARNING, ENDURANCE, STRENGTH, SIZE, SOFT = 0.02, 0.25, 0.45, 0.60, 0.03
#: Time under load of a full dose: of one session for strength and skill, of a week for endurance and stretch
#: [s].
FULL_STRENGTH, FULL_SKILL, FULL_ENDURANCE, FULL_STRETCH = 25.0, 120.0, 180.0, 360.0
#: Power of the mean that stands for the greatest compression of a day.
_GREATEST = 8.0
_REST = len(ACTIVITIES)
#: Levels that sitting bends most.
_LOW = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])


class Menu(Record):
    """What the exercises of a programme are like, a row for each case after the activities."""

    time: Float[Array, "case"] = quantity("s", "case")  # under load, of one set
    reps: Float[Array, "case"] = quantity("1", "case")
    minutes: Float[Array, "case"] = quantity("min", "case")  # of one set, rests included
    eccentric: Float[Array, "case"] = quantity("1", "case")
    balance: Float[Array, "case"] = quantity("1", "case")
    stretch: Float[Array, "case stretched"] = quantity("1", "case", "stretched")
    owner: tuple[int, ...] = static()


def menu(exercises, responses: Responses) -> Menu:
    """The rows of some exercises, in the order of the cases of `responses`."""
    turns = [(one, side) for one in exercises for side in one.turns]
    each = [one.minutes / max(one.sets, 1e-9) / len(one.turns) for one, _ in turns]

    def column(values) -> Array:
        return jnp.asarray(np.array(list(values), float))

    return Menu(
        time=column(one.reps * one.seconds for one, _ in turns),
        reps=column(one.reps for one, _ in turns),
        minutes=column(each),
        eccentric=column(one.mode == "eccentric" for one, _ in turns),
        balance=column(one.balance if _unsteady(one) else 0.0 for one, _ in turns),
        stretch=jnp.asarray(np.array([
            [float(name == f"{one.stretches}_{side}") for name in STRETCHED] for one, side in turns
        ]).reshape(len(turns), len(STRETCHED))),
        owner=responses.owner,
    )  # fmt: skip


def _unsteady(one) -> bool:
    return one.mode == "reactive" or one.cell.startswith("dynamic_balance")


def bands(activation: Float[Array, "..."]) -> dict[str, Float[Array, "..."]]:
    """How much of an activation counts as learning, endurance, strength and growth; the first three add up
    to 1 but for the softness of the first edge."""

    def above(edge: float) -> Float[Array, "..."]:
        return jax.nn.sigmoid((activation - edge) / SOFT)

    return {
        "skill": above(LEARNING) * (1 - above(ENDURANCE)),
        "endurance": above(ENDURANCE) * (1 - above(STRENGTH)),
        "strength": above(STRENGTH),
        "growth": above(SIZE) + 0.3 * above(STRENGTH) * (1 - above(SIZE)),
    }


class Week(Record):
    """One row of a plan by case, with how much of it is done."""

    sets: Float[Array, "case"] = quantity("1", "case")  # of a session
    load: Float[Array, "case"] = quantity("1", "case")
    sessions: Float[Array, ""] = quantity("1/week")  # done
    supervised: Float[Array, ""] = quantity("1")


def week(plan: Plan, number: Array, owner: tuple[int, ...], done: Float[Array, ""]) -> Week:
    """Row `number` of a plan of which the share `done` is done."""
    own = np.array(owner, int)
    return Week(
        plan.sets[number][own], plan.load[number][own], plan.sessions[number] * done, plan.supervised[number]
    )


def heavier(asked: Week) -> Float[Array, "case"]:
    """Demands over those at the load of the library: half of them is the external load's (assumed)."""
    return 1 + 0.5 * (asked.load - 1)


def weekly_minutes(asked: Week, menu: Menu) -> Float[Array, ""]:
    """Minutes of exercise in the week."""
    return asked.sessions * (asked.sets @ menu.minutes)


def day(
    asked: Week,
    menu: Menu,
    demands: Demands,
    routine: Routine,
    slow: Slow,
    person: Person,
    pressure_per_force: Float[Array, "level"],
    p: Parameters,
) -> Day:
    """The average day of a week of training on top of ordinary life."""  # fmt: skip
    trained = demands.activation[_REST:] * heavier(asked)[:, None]
    time = asked.sets * menu.time  # of one session
    band = {name: jnp.tensordot(time, share, 1) for name, share in bands(trained).items()}
    stretch = asked.sessions * ((asked.sets * menu.time) @ menu.stretch)
    loads, often, cycles = _exposures(asked, menu, demands, routine)
    spent = routine.hours / 24
    pressure = pressure_per_force * (spent @ (demands.compression[:_REST] * routine.dynamic[:, None]))
    facet = demands.facet / p["facet_tolerance"]
    greatest = jnp.minimum(often, 1.0) @ loads**_GREATEST
    sitting = routine.hours[SITTING]
    return Day(
        strength=asked.sessions * (1 - jnp.exp(-3 * band["strength"] / FULL_STRENGTH)),
        growth=asked.sessions * (1 - jnp.exp(-3 * band["growth"] / FULL_STRENGTH)),
        skill=asked.sessions * (1 - jnp.exp(-3 * (band["skill"] + 0.5 * band["endurance"]) / FULL_SKILL)),
        endurance=1 - jnp.exp(-asked.sessions * band["endurance"] / FULL_ENDURANCE),
        stretch=1 - jnp.exp(-3 * stretch / FULL_STRETCH),
        eccentric=1 - jnp.exp(-asked.sessions * (time @ menu.eccentric) / FULL_ENDURANCE),
        perturbation=1 - jnp.exp(-asked.sessions * (time @ menu.balance) / FULL_ENDURANCE),
        minutes=weekly_minutes(asked, menu),
        fit=fit(asked, menu, demands, person),
        supervised=asked.supervised * jnp.minimum(asked.sessions, 1.0),
        overload=often @ tissue.over(loads / slow.tolerance) ** 2,
        facet_overload=often @ jnp.tanh(tissue.over(facet) ** 2),
        greatest=greatest ** (1 / _GREATEST),
        pressure=pressure,
        fatigue_damage=cycles @ tissue.cycle_damage(loads, person.ultimate, p),
        sitting=sitting,
        strain=_LOW * jax.nn.relu(sitting - 2) / 8,
    )


def _exposures(
    asked: Week, menu: Menu, demands: Demands, routine: Routine
) -> tuple[Float[Array, "case level"], Float[Array, "case"], Float[Array, "case"]]:
    """Compression of every case, how often a day it can overload, and how many cycles it makes a day."""
    factor = jnp.concatenate([routine.dynamic, heavier(asked)])
    daily = asked.sessions / 7
    often = jnp.concatenate([routine.exposures, daily * asked.sets])
    cycles = jnp.concatenate([routine.count, daily * asked.sets * menu.reps])
    return demands.compression * factor[:, None], often, cycles


def stimulus(asked: Week, menu: Menu, demands: Demands) -> Float[Array, "need"]:
    """What a week trains: every muscle group, then every stretched muscle, in seconds under load."""
    trained = demands.activation[_REST:] * heavier(asked)[:, None]
    time = asked.sets * menu.time * asked.sessions
    worked = time @ (trained * jax.nn.sigmoid((trained - LEARNING) / 0.01))
    return jnp.concatenate([worked, 0.3 * (time @ menu.stretch)])


def needs(person: Person) -> Float[Array, "need"]:
    """What a person lacks, in the order of `stimulus`: strength, drive, range."""
    return jnp.concatenate([person.deficit + person.inhibited, person.tight / 15])


def fit(asked: Week, menu: Menu, demands: Demands, person: Person) -> Float[Array, ""]:
    """How well a week's training points at what a person lacks: cosine of stimulus and needs, 0 to 1.

    Where nothing is trained or nothing lacks it is 0.
    """
    given, wanted = stimulus(asked, menu, demands), needs(person)
    size = jnp.sqrt(given @ given + 1e-9) * jnp.sqrt(wanted @ wanted + 1e-9)
    return (given @ wanted) / size


NEEDS = (*REPORTED, *STRETCHED)
