"""Weeks unfold: the slow laws integrated day by day, ordinary days averaged.

Fast time (the bouts of a day) enters through its average, which is exact for what is linear in the state and
wrong by the order of a day over the time constants otherwise. The demands of the engine are those of the body
at the start of each week: strength moves by a percent or two in a week, and loads by less.
"""

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from spinesim._programs import kept
from spinesim._record import Record, quantity
from spinesim.adaptation import pain
from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.rates import rates
from spinesim.adaptation.state import Person, Slow
from spinesim.exercise import dose, gate
from spinesim.exercise.dose import Menu, Session
from spinesim.exercise.life import Routine
from spinesim.exercise.programme import Plan
from spinesim.exercise.responses import Responses

#: Step of the integration [day]: half the fastest time constant of the laws that matter is more than a day.
STEP = 0.5
#: Uniform number of a day on which no flare is drawn: its expected number counts instead.
EXPECTED = -1.0


class Setting(Record):
    """Everything that stays the same while one person's weeks unfold."""

    person: Person
    routine: Routine
    responses: Responses
    menu: Menu
    plan: Plan
    start: Slow
    p: Parameters
    structure: Structure
    chance: Float[Array, "day"] = quantity("1", "day")  # uniform numbers of flares, or EXPECTED


class Trajectory(Record):
    """Usual pain every day, the slow state every week."""

    week: Slow  # at the start of every week, and at the end
    pain: Float[Array, "day"] = quantity("points", "day")
    flares: Float[Array, "day"] = quantity("1", "day")  # so far
    done: Float[Array, "week"] = quantity("1", "week")  # share of the sessions
    overload: Float[Array, "week"] = quantity("1/day", "week")  # greatest of the levels
    structural: Float[Array, "day"] = quantity("1", "day")  # what muscle and tissue added to pain [logit]


def today(
    setting: Setting, session: Session, t: Float[Array, ""], slow: Slow
) -> tuple[dose.Day, Float[Array, ""]]:
    """The average day at time `t`, and the share of the sessions that is done."""
    minutes = session.planned * session.minutes
    done = pain.adherence(t, minutes, session.supervised, slow, setting.person, setting.p)
    per_force = setting.responses.pressure_per_force
    return dose.day(session, done, setting.routine, slow, setting.person, per_force, setting.p), done


def field(t: Float[Array, ""], slow: Slow, args: tuple[Setting, Session]) -> Slow:
    """Rate of the slow state at time `t` [1/day], for the session and the loads of its week."""
    setting, session = args
    day, _ = today(setting, session, t, slow)
    hazard = pain.flare_hazard(slow, day, setting.person, setting.p)
    likely = 1 - jnp.exp(-hazard)
    drawn = setting.chance[jnp.clip(t.astype(int), 0, len(setting.chance) - 1)]
    flare = jnp.where(drawn == EXPECTED, likely, (drawn < likely).astype(float))
    return rates(t, slow, day, flare, setting.start, setting.person, setting.p, setting.structure)


def unfold(
    setting: Setting, slow: Slow, first: Int[Array, ""] | int = 0, weeks: int | None = None
) -> Trajectory:
    """The weeks of one person from week `first` on, in the state `slow`.

    Differentiable in reverse through all weeks, each recomputed on the way back, so that memory stays small.
    Midpoint steps of half a day never straddle two days.
    """
    count = len(setting.plan.sessions) if weeks is None else weeks

    law: Any = field
    term, solver = diffrax.ODETerm(law), diffrax.Midpoint()

    @jax.checkpoint
    def one_week(slow: Slow, number: Int[Array, ""]) -> tuple[Slow, tuple[Any, ...]]:
        demands = setting.responses.of(slow, setting.person)
        asked = dose.week(setting.plan, number, setting.menu.owner)
        asked = gate.opened(asked, setting.menu, slow, setting.p)
        session = dose.session(asked, setting.menu, demands, setting.routine, slow, setting.person, setting.p)
        args, begin = (setting, session), 7.0 * number
        day, done = today(setting, session, begin, slow)

        def step(slow: Slow, index: Int[Array, ""]) -> tuple[Slow, tuple[Any, ...]]:
            t = begin + STEP * index
            after = solver.step(term, t, t + STEP, slow, args, None, made_jump=False)[0]
            return after, _felt(t + STEP, after, setting)

        last, path = jax.lax.scan(step, slow, jnp.arange(int(7 / STEP)))
        daily = jax.tree.map(lambda leaf: leaf[int(1 / STEP) - 1 :: int(1 / STEP)], path)
        return last, (*daily, done, jnp.max(day.overload), slow)

    numbers = jnp.asarray(first) + jnp.arange(count)
    last, (*daily, done, overload, states) = jax.lax.scan(one_week, slow, numbers)
    begin = _felt(7.0 * numbers[0], slow, setting)
    whole = jax.tree.map(lambda path, end: jnp.concatenate([path, end[None]]), states, last)
    felt, flares, structural = (
        jnp.concatenate([first[None], path.ravel()]) for first, path in zip(begin, daily, strict=True)
    )
    return Trajectory(whole, felt, flares, done, overload, structural)


def _felt(t: Float[Array, ""], slow: Slow, setting: Setting) -> tuple[Float[Array, ""], ...]:
    """Usual pain, flares so far, and what structure adds to pain."""
    known = slow, setting.start, setting.person, setting.p, setting.structure
    return pain.usual_pain(t, *known), slow.flares, pain.structural(*known)


#: One person, compiled.
one = kept(unfold)
