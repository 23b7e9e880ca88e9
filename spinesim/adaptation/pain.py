"""Pain: what drives it, what makes it last, and how it acts back on what people do.

Muscle and tissue reach pain through `nociception` alone, which carries a small, stated share of what exercise
does (Steiger et al. 2012); the rest of it is `benefit`, which has no structure. `Structure` says which of
the two paths are open.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.adaptation import control
from spinesim.adaptation.day import Day
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import Person, Slow


class Structure(eqx.Enumeration):
    """Which paths from exercise to pain are open."""

    shared = "Structural and non-structural paths, the structural one weak."
    none = "Nothing structural reaches pain."
    only = "Structure alone: contradicted by trials, kept to show what it would predict."


def logit(points: Float[Array, "..."]) -> Float[Array, "..."]:
    """Log odds of a pain of 0 to 100."""
    share = jnp.clip(points / 100, 0.01, 0.99)
    return jnp.log(share) - jnp.log1p(-share)


#: Drive of one level at most (assumed): a flare of the whole back, not more.
MOST = 0.4


def nociception(slow: Slow, person: Person, p: Parameters) -> Float[Array, ""]:
    """Drive from irritated tissue: discs, facets, sore muscle, segments strained for want of control.

    No level says more than MOST.
    """
    levels = MOST * jnp.tanh((slow.inflammation + slow.facet_irritation) / MOST)
    return jnp.sum(levels) + slow.soreness + p["strain_gain"] * control.strain(slow, person, p)


def course(t: Float[Array, ""], person: Person, p: Parameters) -> Float[Array, ""]:
    """Natural course, regression to the mean and attention together [logit], common to all arms."""
    fast = p["course_fast"] * (1 - jnp.exp(-t / p["course_fast_time"]))
    slow = p["course_slow"] * (1 - jnp.exp(-t / p["course_slow_time"]))
    lasting = jnp.where(person.long_standing > 0.5, p["course_chronic"], 1.0)
    return person.course * lasting * (fast + slow)


def _weighted(slow: Slow, person: Person, p: Parameters) -> Float[Array, ""]:
    drive = nociception(slow, person, p) + 0.3 * slow.peripheral
    return p["nociception_weight"] * (1 + p["central_gain"] * slow.central) * drive


def structural(
    slow: Slow, start: Slow, person: Person, p: Parameters, structure: Structure
) -> Float[Array, ""]:
    """What muscle and tissue have added to pain since the start [logit]."""
    whole = _weighted(slow, person, p) - _weighted(start, person, p)
    whole = jnp.where(structure == Structure.none, 0.0, whole)
    return jnp.where(structure == Structure.only, 4 * whole, whole)


def usual_pain(
    t: Float[Array, ""], slow: Slow, start: Slow, person: Person, p: Parameters, structure: Structure
) -> Float[Array, ""]:
    """Pain of a usual moment at day `t` [points, 0 to 100]; at day 0 that which the person came with."""
    tissue = structural(slow, start, person, p, structure)
    other = person.gain * (p["benefit"] * slow.benefit + p["specific_benefit"] * slow.specific)
    other = jnp.where(structure == Structure.only, 0.0, other)
    afraid = p["fear_weight"] * (slow.fear - start.fear)
    return 100 * jax.nn.sigmoid(logit(person.pain) + tissue + afraid - other - course(t, person, p))


def sensitisation_rates(
    slow: Slow, person: Person, p: Parameters
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Peripheral and central sensitisation [1/day]; the central one has two stable states."""
    drive = nociception(slow, person, p)
    peripheral = (p["peripheral_gain"] * drive - slow.peripheral) / p["peripheral_time"]
    pushed = p["central_drive"] * drive**4 / (1 + drive**4)
    square = slow.central**2
    kept = p["central_self"] * square / (p["central_half"] ** 2 + square)
    return peripheral, pushed + kept - slow.central / p["central_time"]


def behaviour_rates(
    slow: Slow, day: Day, pain: Float[Array, ""], person: Person, p: Parameters
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Fear-avoidance and activity [1/day]."""
    mastery = jnp.mean(slow.skill) + 0.5 * saturated(day, p) + 0.5 * day.supervised
    goal = jax.nn.sigmoid(
        4 * (person.fear + p["fear_pain"] * (pain - person.pain) / 100 - p["fear_mastery"] * mastery - 0.5)
    )
    rest = jax.nn.sigmoid(4 * (person.fear - 0.5))
    fear = (person.fear + goal - rest - slow.fear) / p["fear_time"]
    goal = 1 - p["activity_fear"] * slow.fear - p["activity_pain"] * pain / 100 + 0.1 * saturated(day, p)
    return fear, (goal - slow.activity) / p["activity_time"]


def saturated(day: Day, p: Parameters) -> Float[Array, ""]:
    """Dose of exercise of any kind, 0 to 1; more than a muscle recovers from is no help (assumed)."""
    return (1 - jnp.exp(-day.minutes / p["benefit_minutes"])) * (1 - jnp.max(day.overreach))


#: Softness of the fit from which training counts as specific; below it, training is merely general.
_EDGE = 0.02


def benefit_rates(slow: Slow, day: Day, p: Parameters) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """What exercise of any kind gives, and what training the missing parts adds [1/day]."""
    dose = saturated(day, p)
    general = (dose - slow.benefit) / p["benefit_time"]
    better = _EDGE * jax.nn.softplus((day.fit - p["fit_reference"]) / _EDGE)
    return general, (dose * better - slow.specific) / p["benefit_time"]


def flare_hazard(slow: Slow, day: Day, person: Person, p: Parameters) -> Float[Array, ""]:
    """Flares a day: long sitting, stress, overload and sensitisation multiply the base rate.

    Overload is that of a disc, or of a muscle that is trained more than it recovers from.
    """
    overload = jnp.max(day.overload) + jnp.max(day.overreach)
    sitting = jax.nn.sigmoid(4 * (day.sitting - 6))
    raised = (
        p["flare_overload"] * jnp.minimum(overload, 2.0)
        + p["flare_sitting"] * sitting
        + p["flare_stress"] * person.stress
        + p["flare_central"] * slow.central
        + p["flare_frailty"] * person.frailty
    )
    rate = p["flare_rate"] * jnp.exp(raised)
    return rate / (1 + rate / p["flare_most"])


def adherence(
    t: Float[Array, ""],
    minutes: Float[Array, ""],
    supervised: Float[Array, ""],
    slow: Slow,
    person: Person,
    p: Parameters,
) -> Float[Array, ""]:
    """Share of the sessions done at day `t`: wears off, falls with length and after flares."""  # fmt: skip
    base = p["adherence_home"] + supervised * (p["adherence_supervised"] - p["adherence_home"])
    odds = jnp.log(base) - jnp.log1p(-base) + p["adherence_spread"] * person.willing
    odds = odds + p["adherence_minutes"] * (minutes / 7 - 12) + p["adherence_flare"] * slow.recent_flares
    return jax.nn.sigmoid(odds - 0.5 * (1 - jnp.exp(-t / p["adherence_decay"])))
