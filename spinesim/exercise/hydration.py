"""Fluid of the discs over a person's day: what each activity and each exercise finds in them."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._programs import kept
from spinesim.adaptation import tissue
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import Person
from spinesim.exercise.life import ACTIVITIES, Routine
from spinesim.exercise.responses import Responses

_COUNT = len(ACTIVITIES)
_SLEEP = ACTIVITIES.index("sleep")


@kept
def day_fluid(
    responses: Responses, routine: Routine, person: Person, p: Parameters
) -> tuple[Float[Array, "case level"], Float[Array, "level"]]:
    """Fluid over that of an ordinary day, by case, and the share that is lost from morning to evening.

    Activities follow each other in the order of the table, once a day; exercises, and activities that take no
    hours, find the mean of the waking day.
    """
    pressure = responses.pressure_per_force * responses.demands.compression[:_COUNT]
    means, ends = tissue.fluid_day(pressure, routine.hours, person.degenerated, p)
    awake = jnp.where(jnp.arange(_COUNT) == _SLEEP, 0.0, routine.hours)
    waking = awake @ means / jnp.sum(awake)
    rest = jnp.broadcast_to(waking, (len(responses.owner), waking.shape[0]))
    own = jnp.where(routine.hours[:, None] > 0, means, waking)
    return jnp.concatenate([own, rest]), 1 - jnp.min(ends, axis=0) / ends[_SLEEP]
