"""What changes in a person over weeks, and what the days do to it."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._programs import kept
from spinesim._record import Record, quantity
from spinesim.models.anatomy import LEVELS
from spinesim.models.groups import REPORTED

#: Muscles that are stretched: what limits hip extension and the raised straight leg.
STRETCHED = ("hip_flexors_r", "hip_flexors_l", "hamstrings_r", "hamstrings_l")


class Slow(Record):
    """The slow state of one person; every rate of it is a Slow too, per day.

    Size is the cross-section over that at the start, neural the strength gained without size, inhibition the
    share of motor units out of reach, skill and endurance 0 (untrained) to 1.
    """

    neural: Float[Array, "group"] = quantity("1", "group")
    size: Float[Array, "group"] = quantity("1", "group")
    inhibition: Float[Array, "group"] = quantity("1", "group")
    endurance: Float[Array, "group"] = quantity("1", "group")
    skill: Float[Array, "group"] = quantity("1", "group")
    skill_fast: Float[Array, "group"] = quantity("1", "group")
    stretch_tolerance: Float[Array, "stretched"] = quantity("deg", "stretched")  # gained
    stretch_length: Float[Array, "stretched"] = quantity("deg", "stretched")  # gained
    reflex_gain: Float[Array, ""] = quantity("1")  # over that at the start
    reflex_latency: Float[Array, ""] = quantity("ms")
    inflammation: Float[Array, "level"] = quantity("1", "level")
    facet_irritation: Float[Array, "level"] = quantity("1", "level")
    tolerance: Float[Array, "level"] = quantity("N", "level")  # compression borne without irritation
    glycans: Float[Array, "level"] = quantity("1", "level")  # proteoglycan over that of the start
    cells: Float[Array, "level"] = quantity("1", "level")
    damage: Float[Array, "level"] = quantity("1", "level")  # of the annulus; 1 is failure
    wear: Float[Array, "level"] = quantity("1", "level")  # of the facets; relative
    soreness: Float[Array, ""] = quantity("1")
    peripheral: Float[Array, ""] = quantity("1")  # sensitisation
    central: Float[Array, ""] = quantity("1")  # sensitisation
    fear: Float[Array, ""] = quantity("1")
    activity: Float[Array, ""] = quantity("1")  # over that of ordinary life
    benefit: Float[Array, ""] = quantity("1")  # of exercise of any kind, not through structure
    specific: Float[Array, ""] = quantity("1")  # of training what is missing
    recent_flares: Float[Array, ""] = quantity("1")
    flares: Float[Array, ""] = quantity("1")  # so far, expected or counted


class Person(Record):
    """What one person is like, apart from the body that the engine has.

    `deficit` is what the muscles lack: strength lost, motor units out of reach, or skill; 0 none to 1.
    """

    weight: Float[Array, ""] = quantity("1")  # body mass over that of the engine's body
    pain: Float[Array, ""] = quantity("points")  # usual pain at the start, 0 to 100
    long_standing: Float[Array, ""] = quantity("1")  # 1: for more than a year
    fear: Float[Array, ""] = quantity("1")
    central: Float[Array, ""] = quantity("1")
    stress: Float[Array, ""] = quantity("1")
    ultimate: Float[Array, ""] = quantity("N")  # compressive strength of a segment
    tolerance: Float[Array, ""] = quantity("N")
    response: Float[Array, ""] = quantity("1")  # to training, over the mean
    course: Float[Array, ""] = quantity("1")  # natural course over the usual one
    gain: Float[Array, ""] = quantity("1")  # benefit of exercise of any kind, over the mean
    frailty: Float[Array, ""] = quantity("1")  # standard normal; of flares
    willing: Float[Array, ""] = quantity("1")  # standard normal; of adherence
    nutrition: Float[Array, ""] = quantity("1")  # of the discs: 1 healthy endplates
    deficit: Float[Array, "group"] = quantity("1", "group")
    inhibited: Float[Array, "group"] = quantity("1", "group")
    tight: Float[Array, "stretched"] = quantity("deg", "stretched")  # range missing
    degenerated: Float[Array, "level"] = quantity("1", "level")  # health of the discs lost
    balance_level: Float[Array, ""] = quantity("1")  # highest balance demand allowed, 0 to 1
    neuropathy: Float[Array, ""] = quantity("1")  # 1: of the legs, which doubles the error of position
    female: Float[Array, ""] = quantity("1")  # 1: a woman, whose muscles tire more slowly


def nobody() -> Person:
    """A healthy man without pain."""
    zero, one = jnp.zeros(()), jnp.ones(())
    return Person(
        weight=one, pain=zero, long_standing=zero, fear=zero, central=zero, stress=zero, ultimate=5810 * one,
        tolerance=3000 * one, response=one, course=one, gain=one, frailty=zero, willing=zero, nutrition=one,
        deficit=jnp.zeros(len(REPORTED)), inhibited=jnp.zeros(len(REPORTED)),
        tight=jnp.zeros(len(STRETCHED)), degenerated=jnp.zeros(len(LEVELS)), balance_level=one,
        neuropathy=zero, female=zero,
    )  # fmt: skip


@kept
def initial(person: Person, p: dict[str, Float[Array, "..."]]) -> Slow:
    """The state in which a person starts: irritated as much as goes with the pain, untrained."""
    groups, levels = jnp.zeros(len(REPORTED)), jnp.zeros(len(LEVELS))
    irritated = levels.at[:2].set(0.1 * person.pain / 50)  # L5/S1 and L4/L5
    return Slow(
        neural=groups, size=groups + 1.0, inhibition=person.inhibited, endurance=groups, skill=groups,
        skill_fast=groups, stretch_tolerance=jnp.zeros(len(STRETCHED)),
        stretch_length=jnp.zeros(len(STRETCHED)), reflex_gain=jnp.ones(()),
        reflex_latency=p["latency_healthy"] + p["latency_pain"] * person.pain / 50,
        inflammation=irritated, facet_irritation=0.3 * irritated, tolerance=levels + person.tolerance,
        glycans=levels + 1.0, cells=levels + 1.0, damage=levels, wear=levels, soreness=jnp.zeros(()),
        peripheral=p["peripheral_gain"] * jnp.sum(irritated), central=person.central, fear=person.fear,
        activity=1 - 0.4 * person.fear, benefit=jnp.zeros(()), specific=jnp.zeros(()),
        recent_flares=jnp.zeros(()), flares=jnp.zeros(()),
    )  # fmt: skip


def strength(slow: Slow) -> Float[Array, "group"]:
    """Strength over that of the start, were nothing inhibited then: S = C (1 + N) (1 - I)."""
    return slow.size * (1 + slow.neural) * (1 - slow.inhibition)
