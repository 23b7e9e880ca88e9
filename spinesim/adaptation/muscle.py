"""Muscle over weeks: strength without size, size, inhibition, endurance, skill, range, reflexes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.adaptation.day import Day
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import STRETCHED, Person, Slow
from spinesim.models.groups import REPORTED

#: Groups that a segment in pain inhibits.
_SEGMENTAL = jnp.array([float(name.startswith("multifidus")) for name in REPORTED])
#: Extensors of the trunk, which ordinary life leaves so untrained that isolated training gains more than
#: elsewhere.
EXTENSORS = ("multifidus", "longissimus", "iliocostalis")
_EXTENDS = jnp.array([float(name.startswith(EXTENSORS)) for name in REPORTED])
#: Muscles whose eccentric training also gains range.
_LENGTHENED = jnp.array([float(name.startswith("hamstrings")) for name in STRETCHED])


def saturation(sessions: Float[Array, "..."], p: Parameters) -> Float[Array, "..."]:
    """Share of the gain that so many full sessions a week reach: 1 - exp(-f / f0) (Graves et al. 1990)."""
    return 1 - jnp.exp(-sessions / p["frequency_scale"])


def neural_rate(slow: Slow, day: Day, person: Person, p: Parameters) -> Float[Array, "group"]:
    """Strength gained without size [1/day]: to its ceiling within weeks, away within months.

    The ceiling is reached by the units that are trained: easy work, however often, leaves those alone that
    only hard work calls up. It is that of isolated extension (Graves et al. 1990) for the extensors of the
    trunk, and that of other muscles (Hubal et al. 2005) for the rest.
    """
    ceiling = jnp.where(_EXTENDS > 0, p["neural_ceiling"], p["neural_ceiling_others"])
    goal = ceiling * person.response * jnp.mean(saturation(day.strength, p), axis=0) * (1 - day.overreach)
    gap = goal - slow.neural
    return gap / jnp.where(gap > 0, p["neural_up"], p["neural_down"])


def size_rate(slow: Slow, day: Day, person: Person, p: Parameters) -> Float[Array, "group"]:
    """Cross-section [1/day]: growth to a ceiling, loss without stimulus, disuse and inhibition.

    Ordinary life (activity 1) just keeps it; so does training for strength or endurance, by as much as it is
    a full dose (Hettinger and Mueller 1953, recalled: from 20 to 30 % of the greatest on).
    """
    room = 1 - (slow.size - 1) / (p["growth_ceiling"] - 1)
    growth = p["growth_rate"] * person.response * saturation(day.growth, p) * room * (1 - day.overreach)
    above = slow.size - p["least_size"]
    used = slow.activity + jnp.mean(day.strength, axis=0) + day.endurance
    unused = jax.nn.relu(1 - used)
    gained = jax.nn.relu(slow.size - 1) * jax.nn.relu(1 - day.growth)
    idle = p["disuse"] * unused * above + p["detraining"] * gained
    return growth - idle - p["inhibition_atrophy"] * slow.inhibition * above


def inhibition_rate(slow: Slow, day: Day, person: Person, p: Parameters) -> Float[Array, "group"]:
    """Share of motor units out of reach [1/day]: quick to come with a painful segment, slow to go.

    What a person came with is released with practice alone, not by the pain going.
    """
    noxious = jax.nn.sigmoid(8 * (jnp.sum(slow.inflammation) - 0.6))
    lasting = person.inhibited * (1 - jnp.maximum(slow.skill, slow.skill_fast))
    goal = jnp.maximum(_SEGMENTAL * p["inhibition_most"] * noxious, lasting)
    gap = goal - slow.inhibition
    return gap / jnp.where(gap > 0, p["inhibition_onset"], p["inhibition_release"])


def endurance_rate(slow: Slow, day: Day, p: Parameters) -> Float[Array, "group"]:
    """Endurance [1/day]; a muscle of endurance 1 tires exp(-endurance_gain) times as fast."""
    return (day.endurance - slow.endurance) / p["endurance_time"]


def skill_rates(slow: Slow, day: Day, p: Parameters) -> tuple[Float[Array, "group"], Float[Array, "group"]]:
    """Slow and fast process of learning [1/day] (two rates, after Smith et al. 2006)."""
    practice = 1 - jnp.exp(-day.skill / 2)
    lasting = p["skill_rate"] * practice * (1 - slow.skill) - p["skill_forgetting"] * slow.skill
    quick = p["skill_fast_rate"] * day.skill / 7 * (1 - slow.skill_fast)
    return lasting, quick - p["skill_fast_forgetting"] * slow.skill_fast


def stretch_rates(
    slow: Slow, day: Day, p: Parameters
) -> tuple[Float[Array, "stretched"], Float[Array, "stretched"]]:
    """Range gained by tolerance and by length [deg/day]; most of stretching is tolerance."""
    tolerance = (p["tolerance_gain"] * day.stretch - slow.stretch_tolerance) / p["tolerance_time"]
    lengthened = 0.01 * p["eccentric_length"] * 80 * _LENGTHENED * day.eccentric
    length = (p["length_gain"] * day.stretch + lengthened - slow.stretch_length) / p["tolerance_time"]
    return tolerance, length


def reflex_rates(
    slow: Slow, day: Day, pain: Float[Array, ""], p: Parameters
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Gain [1/day] and latency [ms/day] of the paraspinal reflex."""
    gain = (1 + p["reflex_gain"] * day.perturbation - slow.reflex_gain) / p["reflex_time"]
    goal = p["latency_healthy"] + p["latency_pain"] * pain / 50 * (1 - 0.5 * day.perturbation)
    return gain, (goal - slow.reflex_latency) / p["reflex_time"]
