"""Dose: what a week of life and training, seen through the engine, does to every muscle and level.

Activations are the engine's, of the whole group; what they train is in `adaptation.training`.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity, static
from spinesim.adaptation import tissue, training
from spinesim.adaptation.day import Day
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import STRETCHED, Person, Slow
from spinesim.exercise import tiring
from spinesim.exercise.life import ACTIVITIES, FLEXED, SITTING, Routine
from spinesim.exercise.programme import Plan
from spinesim.exercise.responses import Demands, Responses
from spinesim.models.anatomy import SIDES
from spinesim.models.groups import REPORTED

#: Time under load of a full dose: of one session for strength and skill (at the greatest demand on it), of a
#: week for endurance and stretch [s] (assumed).
FULL_STRENGTH, FULL_SKILL, FULL_ENDURANCE, FULL_STRETCH = 25.0, 120.0, 180.0, 360.0
#: Work and pause of a muscle in cyclic exercise: half a stride each [s].
HALF_CYCLE = 0.5
#: Power of the mean that stands for the greatest compression of a day.
_GREATEST = 8.0
_REST = len(ACTIVITIES)
#: Levels that sitting bends most.
_LOW = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])


class Menu(Record):
    """What the exercises of a programme are like, a row for each case after the activities."""

    time: Float[Array, "case"] = quantity("s", "case")  # under load, of one set
    pause: Float[Array, "case"] = quantity("s", "case")  # between two sets of the same side
    bout: Float[Array, "case"] = quantity("s", "case")  # of work without a pause
    skill: Float[Array, "case"] = quantity("1", "case")  # demand
    works: Float[Array, "case"] = quantity("1", "case")  # 0: a stretch, which is held as relaxed as it can be
    reps: Float[Array, "case"] = quantity("1", "case")
    minutes: Float[Array, "case"] = quantity("min", "case")  # of one set, rests included
    stage: Float[Array, "case"] = quantity("1", "case")
    eccentric: Float[Array, "case"] = quantity("1", "case")
    balance: Float[Array, "case"] = quantity("1", "case")
    stretch: Float[Array, "case stretched"] = quantity("1", "case", "stretched")
    owner: tuple[int, ...] = static()


def menu(exercises, responses: Responses) -> Menu:
    """The rows of some exercises, in the order of the cases of `responses`."""
    turns = [(one, side) for one in exercises for side in one.turns]
    each = [one.set_minutes / len(one.turns) for one, _ in turns]

    def column(values) -> Array:
        return jnp.asarray(np.array(list(values), float))

    return Menu(
        time=column(one.reps * one.seconds for one, _ in turns),
        pause=column(_pause(one) for one, _ in turns),
        bout=column(HALF_CYCLE if one.mode == "cyclic" else one.reps * one.seconds for one, _ in turns),
        skill=column(one.skill for one, _ in turns),
        works=column(one.mode != "stretch" for one, _ in turns),
        reps=column(one.reps for one, _ in turns),
        minutes=column(each),
        stage=column(one.stage for one, _ in turns),
        eccentric=column(one.mode == "eccentric" for one, _ in turns),
        balance=column(one.balance if _unsteady(one) else 0.0 for one, _ in turns),
        stretch=jnp.asarray(np.array([
            [float(name == f"{one.stretches}_{side}") for name in STRETCHED] for one, side in turns
        ]).reshape(len(turns), len(STRETCHED))),
        owner=responses.owner,
    )  # fmt: skip


def _pause(one) -> float:
    if one.mode == "cyclic":
        return HALF_CYCLE
    return one.rest + one.reps * one.seconds * (len(one.turns) - 1)


def _unsteady(one) -> bool:
    return one.mode == "reactive" or one.cell.startswith("dynamic_balance")


class Week(Record):
    """One row of a plan by case."""

    sets: Float[Array, "case"] = quantity("1", "case")  # of a session
    load: Float[Array, "case"] = quantity("1", "case")
    sessions: Float[Array, ""] = quantity("1/week")  # planned
    supervised: Float[Array, ""] = quantity("1")
    gated: Float[Array, ""] = quantity("1")  # 1: what ability has not reached is not done


def week(plan: Plan, number: Array | int, owner: tuple[int, ...]) -> Week:
    """Row `number` of a plan."""
    own = np.array(owner, int)
    row = jax.tree.map(lambda leaf: leaf[number], plan)
    return Week(row.sets[own], row.load[own], row.sessions, row.supervised, row.gated)


def heavier(load: Float[Array, "*week case"]) -> Float[Array, "*week case"]:
    """Demands over those at the load of the library: half of them is the external load's (assumed)."""
    return 1 + 0.5 * (load - 1)


class Session(Record):
    """What one session of a week does, and the loads of the days around it; the same all week."""

    skill: Float[Array, "group"] = quantity("s", "group")
    endurance: Float[Array, "group"] = quantity("s", "group")
    strength: Float[Array, "unit group"] = quantity("s", "unit", "group")
    growth: Float[Array, "group"] = quantity("s", "group")
    tried: Float[Array, "group"] = quantity("s", "group")  # at work, whether it is kept up or not
    stretch: Float[Array, "stretched"] = quantity("s", "stretched")
    eccentric: Float[Array, ""] = quantity("s")
    balance: Float[Array, ""] = quantity("s")
    minutes: Float[Array, ""] = quantity("min")
    planned: Float[Array, ""] = quantity("1/week")
    supervised: Float[Array, ""] = quantity("1")
    fit: Float[Array, ""] = quantity("1")
    sets: Float[Array, "trained"] = quantity("1", "trained")
    cycles: Float[Array, "trained"] = quantity("1", "trained")  # of a session
    compression: Float[Array, "case level"] = quantity("N", "case", "level")  # in motion, as loaded
    facet: Float[Array, "case level"] = quantity("N", "case", "level")
    pressed: Float[Array, "case level"] = quantity("N^k", "case", "level")  # `compression` to `_GREATEST`
    life: Float[Array, "case level"] = quantity("1", "case", "level")  # that a cycle of it takes
    creep: Float[Array, ""] = quantity("1")  # mean of an ordinary day, over that of the end of range


def hardest(demands: Demands) -> Float[Array, "case"]:
    """Greatest compression of any disc in every case of the exercises, at the load of the library [N]."""
    return jnp.max(demands.compression[_REST:], axis=1)


def _activation(asked: Week, menu: Menu, demands: Demands) -> Float[Array, "case group"]:
    """What exercises as loaded ask of the muscles; nothing where a muscle is stretched."""
    return demands.activation[_REST:] * (heavier(asked.load) * menu.works)[:, None]


def _habit(demands: Demands, routine: Routine) -> Float[Array, "group"]:
    """Most that an activity of an hour a day or more asks of each group; walking is solved on one leg."""
    asked = jnp.max(jnp.minimum(routine.hours, 1.0)[:, None] * demands.activation[:_REST], axis=0)
    return jnp.repeat(jnp.max(asked.reshape(-1, len(SIDES)), axis=1), len(SIDES))


def session(
    asked: Week, menu: Menu, demands: Demands, routine: Routine, slow: Slow, person: Person, p: Parameters
) -> Session:
    """One session of a week, seen through the demands of the body and what tired muscles keep up."""
    worked = _activation(asked, menu, demands)
    time, bouts = asked.sets * menu.time, menu.time / jnp.maximum(menu.bout, 1e-9)
    done, effort = tiring.session(
        worked, asked.sets * bouts, menu.bout, menu.pause, slow.endurance, p, person.female
    )
    under = time[:, None] * done
    units = training.at_work(worked, effort)
    factor = jnp.concatenate([routine.dynamic, heavier(asked.load)])
    compression = demands.compression * factor[:, None]
    return Session(
        skill=menu.skill @ (under * training.practised(worked)),
        endurance=jnp.sum(under * training.lasting(worked, _habit(demands, routine)), axis=0),
        strength=jnp.sum(under * units, axis=1),
        tried=time @ jnp.mean(units, axis=0),
        growth=jnp.sum(under * training.share_beyond(worked, effort, training.SIZE), axis=0),
        stretch=time @ menu.stretch,
        eccentric=time @ menu.eccentric,
        balance=time @ menu.balance,
        minutes=asked.sets @ menu.minutes,
        planned=asked.sessions,
        supervised=asked.supervised,
        fit=fit(asked, menu, demands, person),
        sets=asked.sets,
        cycles=asked.sets * menu.reps,
        compression=compression,
        facet=demands.facet,
        pressed=compression**_GREATEST,
        life=tissue.cycle_damage(compression, person.ultimate, p),
        creep=tissue.creep_day(jnp.asarray(FLEXED), routine.hours, p),
    )


def day(
    asked: Session,
    done: Float[Array, ""],
    routine: Routine,
    slow: Slow,
    person: Person,
    pressure_per_force: Float[Array, "level"],
    p: Parameters,
) -> Day:
    """The average day of a week whose sessions are done by the share `done`, on top of ordinary life."""
    sessions = asked.planned * done
    often = jnp.concatenate([routine.exposures, sessions / 7 * asked.sets])
    cycles = jnp.concatenate([routine.count, sessions / 7 * asked.cycles])
    sitting = routine.hours[SITTING]
    greatest = jnp.minimum(often, 1.0) @ asked.pressed
    return Day(
        strength=sessions * _full(asked.strength / FULL_STRENGTH),
        growth=sessions * _full(asked.growth / FULL_STRENGTH),
        overreach=training.overreached(sessions * asked.tried),
        skill=sessions * _full(asked.skill / FULL_SKILL),
        endurance=1 - jnp.exp(-sessions * asked.endurance / FULL_ENDURANCE),
        stretch=_full(sessions * asked.stretch / FULL_STRETCH),
        eccentric=1 - jnp.exp(-sessions * asked.eccentric / FULL_ENDURANCE),
        perturbation=1 - jnp.exp(-sessions * asked.balance / FULL_ENDURANCE),
        minutes=sessions * asked.minutes,
        fit=asked.fit,
        supervised=asked.supervised * jnp.minimum(sessions, 1.0),
        overload=often @ jnp.tanh(tissue.over(asked.compression / slow.tolerance) ** 2),
        facet_overload=often @ jnp.tanh(tissue.over(asked.facet / p["facet_tolerance"]) ** 2),
        greatest=greatest ** (1 / _GREATEST),
        pressure=pressure_per_force * (routine.hours / 24 @ asked.compression[:_REST]),
        fatigue_damage=cycles @ asked.life,
        sitting=sitting,
        creep=jnp.asarray(_LOW) * asked.creep,
    )  # fmt: skip


def _full(share: Float[Array, "..."]) -> Float[Array, "..."]:
    """How much of a full dose: 0.95 at one."""
    return 1 - jnp.exp(-3 * share)


def stimulus(asked: Week, menu: Menu, demands: Demands) -> Float[Array, "need"]:
    """What a week trains: every muscle group, then every stretched muscle, in seconds under load."""
    activation = _activation(asked, menu, demands)
    time = asked.sets * menu.time * asked.sessions
    worked = time @ (activation * jax.nn.sigmoid((activation - training.LEAST) / 0.01))
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
