"""Disc, facet and ligament: fluid and creep within the day, irritation over days, matrix over years."""

from math import log

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.adaptation.cycle import repeating
from spinesim.adaptation.day import Day
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import Person, Slow

#: Pressure at which a disc keeps its fluid: the mean of an ordinary day [Pa].
KEPT = 0.3e6
DAYS_PER_YEAR = 365.25
#: Exposure of a joint over which a tolerance is met smoothly, as a share of the tolerance.
_CORNER = 0.05


def over(ratio: Float[Array, "..."]) -> Float[Array, "..."]:
    """What exceeds 1, smoothly."""
    return _CORNER * jax.nn.softplus((ratio - 1) / _CORNER)


def fluid_goal(
    pressure: Float[Array, "*bout level"], degenerated: Float[Array, "level"], p: Parameters
) -> Float[Array, "*bout level"]:
    """Fluid that a disc would settle at under a pressure [Pa]: 1 - k ln(pressure / ordinary).

    A degenerated disc takes in and gives out half of it at most.
    """
    swing = p["fluid_sensitivity"] * (1 - 0.5 * degenerated)
    return 1 - swing * jnp.log(jnp.maximum(pressure, 0.02e6) / KEPT)


def fluid_day(
    pressure: Float[Array, "bout level"],
    hours: Float[Array, "bout"],
    degenerated: Float[Array, "level"],
    p: Parameters,
) -> tuple[Float[Array, "bout level"], Float[Array, "bout level"]]:
    """Mean fluid in every bout of a day that repeats itself, and at the end of it; out is slower than in."""
    tau = jnp.where(pressure > KEPT, p["fluid_out"], p["fluid_in"])
    return repeating(fluid_goal(pressure, degenerated, p), tau, hours)


def creep_day(flexed: Float[Array, "bout"], hours: Float[Array, "bout"], p: Parameters) -> Float[Array, ""]:
    """Mean crept flexion of a day that repeats itself, over that of a long stay at the end of range.

    Half of it recovers fast and half slowly (`recovered`); both come as fast (`creep`).
    """
    goal = jnp.broadcast_to(0.5 * flexed[:, None] ** 2, (len(flexed), 2))
    back = jnp.stack([p["creep_fast"], p["creep_slow"]])
    tau = jnp.where(goal > 0, p["creep_time"], back)
    means, _ = repeating(goal, tau / 60, hours)
    return jnp.sum(hours @ means) / jnp.sum(hours)


def creep(flexed: Float[Array, "..."], minutes: Float[Array, "..."], p: Parameters) -> Float[Array, "..."]:
    """Flexion gained by `minutes` at a share `flexed` of the end of range [deg]."""
    return p["creep_angle"] * jax.nn.relu(flexed) ** 2 * (1 - jnp.exp(-minutes / p["creep_time"]))


def recovered(angle: Float[Array, "..."], minutes: Float[Array, "..."], p: Parameters) -> Float[Array, "..."]:
    """What is left of a crept angle after so many minutes of rest [deg]: half goes fast, half slowly."""
    return angle * 0.5 * (jnp.exp(-minutes / p["creep_fast"]) + jnp.exp(-minutes / p["creep_slow"]))


def inflammation_rate(slow: Slow, day: Day, p: Parameters) -> Float[Array, "level"]:
    """Local inflammation [1/day] from overload, creep and sore muscles; linear, so days average."""
    driven = p["overload_gain"] * day.overload + p["creep_gain"] * day.creep + 0.02 * slow.soreness
    return driven - slow.inflammation / p["inflammation_time"]


def tolerance_rate(slow: Slow, day: Day, person: Person, p: Parameters) -> Float[Array, "level"]:
    """Compression borne without irritation [N/day]: rises with use above a share of it, falls back slowly."""
    used = jax.nn.relu(day.greatest / slow.tolerance - p["tolerance_use"])
    room = 1 - slow.tolerance / p["tolerance_most"]
    gain = p["tolerance_adapt"] * used * slow.tolerance * room
    return gain - p["tolerance_decay"] * (slow.tolerance - person.tolerance)


def facet_rates(slow: Slow, day: Day, p: Parameters) -> tuple[Float[Array, "level"], Float[Array, "level"]]:
    """Irritation of the synovium, and wear in relative units [1/day]."""
    irritation = p["facet_gain"] * day.facet_overload - slow.facet_irritation / p["synovial_time"]
    return irritation, p["wear_rate"] * 1e-5 * day.facet_overload


def matrix_rates(
    slow: Slow, day: Day, person: Person, p: Parameters
) -> tuple[Float[Array, "level"], Float[Array, "level"], Float[Array, "level"]]:
    """Proteoglycan, viable cells and damage of the annulus [1/day]: years, not weeks.

    Proteoglycan is replaced with the half-life of aggrecan where cells, nutrition and load allow, and lost as
    fast, faster where it is inflamed; at its optimum the two are equal. A day tears at most what is whole.
    """
    loss = log(2) / (p["glycan_halflife"] * DAYS_PER_YEAR)
    window = jnp.exp(-(((day.pressure / 1e6 - p["load_optimum"]) / p["load_width"]) ** 2))
    made = loss * slow.cells * person.nutrition * window
    lost = loss * (1 + p["inflamed_catabolism"] * slow.inflammation) * slow.glycans
    starved = jax.nn.softplus(10 * (0.8 - person.nutrition * slow.glycans)) / 10
    dying = p["cell_loss"] / DAYS_PER_YEAR * starved * slow.cells
    torn = -jnp.expm1(-p["damage_share"] * day.fatigue_damage) * (1 - slow.damage)
    return made - lost, -dying, torn - slow.damage / p["repair_time"]


def cycle_damage(compression: Float[Array, "..."], ultimate: Float[Array, ""], p: Parameters) -> Array:
    """Share of life that one cycle of a compression takes (LiFFT, Gallagher et al. 2017)."""
    percent = 100 * jnp.clip(compression / ultimate, 0.0, 1.0)
    return jnp.exp(p["cycle_slope"] * percent) / p["cycles_at_ultimate"]
