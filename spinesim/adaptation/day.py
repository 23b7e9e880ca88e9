"""What an average day of a week does to muscle and tissue: the drive of the slow laws."""

from dataclasses import fields

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim.adaptation.state import STRETCHED
from spinesim.adaptation.training import UNITS
from spinesim.models.anatomy import LEVELS
from spinesim.models.groups import REPORTED


class Day(Record):
    """Training and loads of a day, averaged over the week it belongs to.

    Training is in full-dose sessions a week, adherence included, so that one number says how often and how
    much; strength is so for every eighth of the motor units (`training`), the last that are called up at the
    end. `endurance`, `stretch`, `perturbation` are 0 to 1. Overload is the sum over exposures of the square
    of what exceeds tolerance, as a share of it.
    """

    strength: Float[Array, "unit group"] = quantity("1/week", "unit", "group")
    growth: Float[Array, "group"] = quantity("1/week", "group")
    overreach: Float[Array, "group"] = quantity("1", "group")  # gain lost for want of recovery, 0 to 1
    skill: Float[Array, "group"] = quantity("1/week", "group")
    endurance: Float[Array, "group"] = quantity("1", "group")
    stretch: Float[Array, "stretched"] = quantity("1", "stretched")
    eccentric: Float[Array, ""] = quantity("1")
    perturbation: Float[Array, ""] = quantity("1")
    minutes: Float[Array, ""] = quantity("min/week")
    fit: Float[Array, ""] = quantity("1")  # of the training to what is missing
    supervised: Float[Array, ""] = quantity("1")
    overload: Float[Array, "level"] = quantity("1/day", "level")
    facet_overload: Float[Array, "level"] = quantity("1/day", "level")
    greatest: Float[Array, "level"] = quantity("N", "level")  # compression that the day reaches
    pressure: Float[Array, "level"] = quantity("Pa", "level")  # mean
    fatigue_damage: Float[Array, "level"] = quantity("1/day", "level")
    sitting: Float[Array, ""] = quantity("hour/day")
    creep: Float[Array, "level"] = quantity("1", "level")  # mean over the day, of that at the end of range


def day_of(**given: float) -> Day:
    """A day on which nothing is trained and nothing overloads, but for what is given; one number for all."""
    size = {"unit": UNITS, "group": len(REPORTED), "level": len(LEVELS), "stretched": len(STRETCHED)}
    return Day(**{
        field.name: jnp.full([size[dim] for dim in field.metadata["dims"]], given.get(field.name, 0.0))
        for field in fields(Day)
    })  # fmt: skip
