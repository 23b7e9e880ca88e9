"""Programmes: which exercises, how much of each, week by week; and those that have a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import choose, integer, within
from spinesim._record import Record, quantity
from spinesim.exercise.library import FOLDER, KINDS, MATRIX_LEVELS, PLANES, Exercise, exercise
from spinesim.models import tables

#: Longest horizon [weeks], most exercises and minutes of one session, and most sessions a week.
WEEKS, EXERCISES, MINUTES, SESSIONS = 104, 10, 60.0, 7.0


#: Numbers of a programme and the most they may be.
_HIGHEST = (("first", 5.0), ("last", 5.0), ("load_first", 3.0), ("load_last", 3.0), ("supervised", 1.0))


class Plan(Record):
    """A programme in numbers, a row for each week; `load` is over that of the library."""

    sets: Float[Array, "week exercise"] = quantity("1", "week", "exercise")  # of one session
    load: Float[Array, "week exercise"] = quantity("1", "week", "exercise")
    sessions: Float[Array, "week"] = quantity("1/week", "week")
    supervised: Float[Array, "week"] = quantity("1", "week")  # share of the sessions
    gated: Float[Array, "week"] = quantity("1", "week")  # 1: exercises wait for the ability they ask for


@dataclass(frozen=True)
class Programme:
    """A named way to train: exercises with their sets in the first and the last week.

    `first` and `last` are multiples of the sets of the library, `load_first` and `load_last` of its external
    loads; in between they go straight. What has no external load cannot be loaded.
    """

    name: str
    exercises: tuple[Exercise, ...]
    sessions: float | int = 3.0
    first: float | int = 0.6
    last: float | int = 1.0
    load_first: float | int = 1.0
    load_last: float | int = 1.2
    supervised: float | int = 0.0
    description: str = ""
    source: str = "spinesim2026"

    def __post_init__(self):
        within(f"sessions of programme {self.name!r}", self.sessions, 0.0, SESSIONS)
        for key, high in _HIGHEST:
            within(f"{key} of programme {self.name!r}", getattr(self, key), 0.0, high)

    def plan(self, weeks: int) -> Plan:
        """The programme over so many weeks, 1 to 104."""
        weeks = integer("weeks", weeks, 1, WEEKS)
        share = np.linspace(0.0, 1.0, weeks) if weeks > 1 else np.zeros(1)
        factor = self.first + (self.last - self.first) * share
        load = self.load_first + (self.load_last - self.load_first) * share
        loaded = np.array([bool(one.loads) for one in self.exercises], bool)
        prescribed = np.array([one.sets for one in self.exercises])
        return Plan(
            sets=jnp.asarray(factor[:, None] * prescribed),
            load=jnp.asarray(np.where(loaded, load[:, None], 1.0)),
            sessions=jnp.full(weeks, float(self.sessions)),
            supervised=jnp.full(weeks, float(self.supervised)),
            gated=jnp.zeros(weeks),
        )


@cache
def programmes() -> dict[str, Programme]:
    """The package's own programmes by name."""
    rows = tables.read(FOLDER / "programmes.csv").rows
    return {row["programme"]: _from_row(row) for row in rows}


def _from_row(row: Mapping[str, str]) -> Programme:
    numbers: dict[str, Any] = {key: float(row[key]) for key in ("sessions", *(name for name, _ in _HIGHEST))}
    made = tuple(exercise(name) for name in row["exercises"].split())
    return Programme(row["programme"], made, description=row["description"], source=row["source"], **numbers)


def programme(name: str) -> Programme:
    """A programme by name."""
    return programmes()[choose("programme", name, programmes())]


def spread(plan: Plan, own: Sequence[Exercise], all_: Sequence[Exercise]) -> Plan:
    """The plan of some exercises over the columns of more, so that programmes share one program."""
    known = [one.exercise for one in all_]
    place = np.array([known.index(mine.exercise) for mine in own], int)

    def over(filled: float, values: Array) -> Array:
        wide = np.full((len(plan.sessions), len(all_)), filled)
        wide[:, place] = values
        return jnp.asarray(wide)

    return Plan(
        sets=over(0.0, plan.sets),
        load=over(1.0, plan.load),
        sessions=plan.sessions,
        supervised=plan.supervised,
        gated=plan.gated,
    )


def minutes(plan: Plan, exercises: Sequence[Exercise]) -> Float[Array, "week"]:
    """Minutes of one session, its rests included."""
    each = jnp.array([one.set_minutes for one in exercises])
    return plan.sets @ each


def session_table(made: Programme, plan: Plan, week: int) -> list[dict[str, Any]]:
    """One week as a physiotherapist writes it: a row for each exercise."""
    rows = []
    for index, one in enumerate(made.exercises):
        sets = round(float(plan.sets[week, index]))
        if sets == 0:
            continue
        turn = " each side" if one.sides == "each" else ""
        hold = f"{one.seconds:g} s" if one.mode in ("static", "stretch", "cue") else "repetitions"
        load = f"x{float(plan.load[week, index]):.2g}" if one.loads else "-"
        rows.append({
            "exercise": one.title or one.exercise, "sets": str(sets), "reps": f"{one.reps:g}{turn}",
            "hold": hold, "load": load, "caution": one.caution,
        })  # fmt: skip
    return rows


def coverage(made: Programme, plan: Plan) -> Float[np.ndarray, "kind plane level"]:
    """Share of a programme's time under load in each cell of the stability matrix; what has no cell is left
    out.



    The matrix {controlled loading, eccentric, dynamic balance} x {sagittal, frontal, transverse} x level 1 to
    3 is our own definition, a hypothesis to hold against generic exercise of equal dose. A plane `all` is a
    third each.
    """  # fmt: skip
    found = np.zeros((len(KINDS), len(PLANES), len(MATRIX_LEVELS)))
    sets = np.sum(np.asarray(plan.sets) * np.asarray(plan.sessions)[:, None], axis=0)
    for one, count in zip(made.exercises, sets, strict=True):
        kind, plane, level = one.matrix
        if kind in KINDS and plane in (*PLANES, "all"):
            planes = slice(None) if plane == "all" else PLANES.index(plane)
            time = count * one.reps * one.seconds * len(one.turns)
            found[KINDS.index(kind), planes, level - 1] += time / (3 if plane == "all" else 1)
    total = found.sum()
    return found / total if total else found


def check(made: Sequence[Exercise], plan: Plan) -> None:
    """Refuse what cannot be meant: a dose below zero or not finite, weeks over the horizon."""
    for name, values in (("sets", plan.sets), ("load", plan.load), ("sessions", plan.sessions)):
        if not np.all(np.isfinite(values) & (np.asarray(values) >= 0)):
            raise ValueError(f"{name} of a plan must be finite and not negative")
    within("weeks", len(plan.sessions), 1, WEEKS)
    if plan.sets.shape != (len(plan.sessions), len(made)):
        raise ValueError(f"sets must have the shape {(len(plan.sessions), len(made))}, not {plan.sets.shape}")
