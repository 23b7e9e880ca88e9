"""The slow laws together: how fast everything changes on a given day."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.adaptation import muscle, pain, tissue
from spinesim.adaptation.day import Day
from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import Person, Slow

#: Days over which a flare is remembered.
_REMEMBERED = 14.0
#: Share of the days of a flare in which its drive arrives: all on one day.
_FLARED = jnp.array([0.5, 0.5, 0.0, 0.0, 0.0, 0.0])


def rates(
    t: Float[Array, ""],
    slow: Slow,
    day: Day,
    flare: Float[Array, ""],
    start: Slow,
    person: Person,
    p: Parameters,
    structure: Structure,
) -> Slow:
    """Change of every slow state a day; `flare` counts those of the day (1 or 0, or an expected number)."""
    felt = pain.usual_pain(t, slow, start, person, p, structure)
    skill, fast = muscle.skill_rates(slow, day, p)
    tolerance, length = muscle.stretch_rates(slow, day, p)
    gain, latency = muscle.reflex_rates(slow, day, felt, p)
    facet, wear = tissue.facet_rates(slow, day, p)
    glycans, cells, damage = tissue.matrix_rates(slow, day, person, p)
    peripheral, central = pain.sensitisation_rates(slow, person, p)
    fear, activity = pain.behaviour_rates(slow, day, felt, person, p)
    benefit, specific = pain.benefit_rates(slow, day, p)
    hit = p["flare_size"] * flare * _FLARED
    return Slow(
        neural=muscle.neural_rate(slow, day, person, p),
        size=muscle.size_rate(slow, day, person, p),
        inhibition=muscle.inhibition_rate(slow, day, person, p),
        endurance=muscle.endurance_rate(slow, day, p),
        skill=skill,
        skill_fast=fast,
        stretch_tolerance=tolerance,
        stretch_length=length,
        reflex_gain=gain,
        reflex_latency=latency,
        inflammation=tissue.inflammation_rate(slow, day, p) + hit,
        facet_irritation=facet,
        tolerance=tissue.tolerance_rate(slow, day, person, p),
        glycans=glycans,
        cells=cells,
        damage=damage,
        wear=wear,
        soreness=soreness_drive(slow, day, p) - slow.soreness / p["inflammation_time"],
        peripheral=peripheral,
        central=central,
        fear=fear + 0.1 * flare,
        activity=activity,
        benefit=benefit,
        specific=specific,
        recent_flares=flare - slow.recent_flares / _REMEMBERED,
        flares=flare,
    )


def soreness_drive(slow: Slow, day: Day, p: Parameters) -> Float[Array, ""]:
    """Soreness [1/day] from unaccustomed training, eccentric work counting double, and from too much."""
    used = jnp.clip(jnp.mean(slow.endurance) * 5, 0.0, 0.8)
    dose = jnp.mean(day.strength) / 7 * 3 + day.eccentric
    return p["soreness_gain"] * dose * (1 - used) + p["overreach_gain"] * jnp.max(day.overreach)
