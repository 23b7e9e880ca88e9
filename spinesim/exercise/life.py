"""A day of ordinary life: hours of sleeping, sitting, standing and walking, and how often one lifts."""

from collections.abc import Mapping
from functools import cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import choose, within
from spinesim._record import Record, quantity
from spinesim.exercise.library import FOLDER
from spinesim.models import tables
from spinesim.models.state import Task
from spinesim.scenarios.tasks import numbers_in, task


@cache
def _table() -> tables.Table:
    return tables.read(FOLDER / "activities.csv")


#: Activities by name, in the order of the table, and how far each flexes the lumbar spine, of its range.
ACTIVITIES = _table().names("activity")
FLEXED = _table().numbers("flexed")
SITTING = ACTIVITIES.index("sit")


class Routine(Record):
    """An ordinary day: hours of each activity (24 together) and how often, without the training."""

    hours: Float[Array, "*person activity"] = quantity("hour", "activity")
    count: Float[Array, "*person activity"] = quantity("1", "activity")
    exposures: Float[Array, "*person activity"] = quantity("1/day", "activity")  # that can overload a tissue
    dynamic: Float[Array, "*person activity"] = quantity("1", "activity")  # load in motion over that at rest


def routine(hours: Mapping[str, float | int] | None = None, lifts: float | int = 10.0) -> Routine:
    """An ordinary day; `hours` replaces those of activities, standing takes what is left of 24.

    Args:
        hours: by activity, 0 to 24 each.
        lifts: of 10 kg, a day; 0 to 2000.
    """
    rows = _table()
    given = dict(zip(ACTIVITIES, rows.numbers("hours").tolist(), strict=True))
    for name, value in (hours or {}).items():
        given[choose("activity", name, ACTIVITIES)] = within(f"hours of {name}", value, 0.0, 24.0)
    given["stand"] = 24.0 - sum(value for name, value in given.items() if name != "stand")
    if given["stand"] < 0:
        raise ValueError(f"the hours of a day add up to {24 - given['stand']:g}, more than 24")
    spent = np.array([given[name] for name in ACTIVITIES])
    return _routine(spent, np.asarray(within("lifts", lifts, 0.0, 2000.0)))


def routines(sitting: Float[np.ndarray, "person"], lifts: Float[np.ndarray, "person"]) -> Routine:
    """Ordinary days of many people, who differ in hours of sitting (and so of standing) and in lifts."""
    hours = np.tile(_table().numbers("hours"), (len(sitting), 1))
    hours[:, ACTIVITIES.index("stand")] += hours[:, SITTING] - sitting
    hours[:, SITTING] = sitting
    return _routine(hours, lifts)


def _routine(hours: Float[np.ndarray, "*person activity"], lifts: Float[np.ndarray, "*person"]) -> Routine:
    rows = _table()
    count = np.broadcast_to(rows.numbers("count"), hours.shape).copy()
    count[..., ACTIVITIES.index("lift")] = lifts
    exposures = hours * rows.numbers("exposures_per_hour") + count * rows.numbers("exposures_per_count")
    dynamic = np.broadcast_to(rows.numbers("dynamic"), hours.shape)
    return Routine(*(jnp.asarray(numbers) for numbers in (hours, count, exposures, dynamic)))


@cache
def tasks() -> tuple[Task, ...]:
    """The task of the engine of every activity."""
    return tuple(task(row["task"], **numbers_in(row["numbers"])) for row in _table().rows)
