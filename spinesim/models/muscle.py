"""Hill-type fascicles on a rigid tendon, elementwise over fascicles.

The fibre keeps its thickness (Zajac 1989, Crit Rev Biomed Eng 17:359): with musculotendon length l,
tendon slack length s, optimal length o and pennation p, the fibre is hypot(l - s, o sin p).
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.models.anatomy import Fascicles
from spinesim.models.curves import (
    active_force_length_and_slope,
    force_velocity,
    passive_force_length_and_slope,
)

PerFascicle = Float[Array, "fascicle"]

_SLACK = 0.2  # of the fibre's reach: below it the tendon is going slack, the reach decays to zero


class Strength(NamedTuple):
    """What a fascicle can pull at its length: force = activation * active + passive [N]."""

    active: PerFascicle
    passive: PerFascicle


class Fibres(NamedTuple):
    """Fascicles and what no length changes about their fibres: worked out once for many lengths."""

    fascicles: Fascicles
    reach: PerFascicle  # along the tendon at the optimal length [m]
    thickness: PerFascicle  # of the fibres across the tendon [m]


def fibres(fascicles: Fascicles) -> Fibres:
    """Fascicles that are about to be asked for their strength at many lengths."""
    long, pennation = fascicles.optimal_length, fascicles.pennation
    return Fibres(fascicles, long * jnp.cos(pennation), long * jnp.sin(pennation))


def fibre_geometry(fascicles: Fascicles, length: PerFascicle) -> tuple[PerFascicle, PerFascicle]:
    """Fibre stretch and cosine of pennation of a musculotendon length [m] on a rigid tendon.

    A slack musculotendon (shorter than its tendon) has a reach that decays smoothly to zero.
    """
    held = fibres(fascicles)
    fibre, reach, _ = _fibre(held, length)
    return fibre / fascicles.optimal_length, reach / fibre


def _fibre(held: Fibres, length: PerFascicle) -> tuple[PerFascicle, PerFascicle, PerFascicle]:
    """Length of the fibres, their reach along the tendon and its derivative with respect to `length`."""
    shortest = _SLACK * held.reach
    reach = length - held.fascicles.tendon_slack_length
    decay = jnp.exp(jnp.minimum(reach / shortest - 1.0, 0.0))  # 1 where the tendon is taut
    reach = jnp.where(reach > shortest, reach, shortest * decay)
    return jnp.sqrt(reach**2 + held.thickness**2), reach, decay


def strength(fascicles: Fascicles, length: PerFascicle, velocity: PerFascicle | float = 0.0) -> Strength:
    """Active and passive force along the tendon [N] at musculotendon `length` [m].

    `velocity` is the fibre's lengthening velocity over its maximal one. Passive force has its own scale:
    a weak or an inhibited muscle is not a slack one.
    """
    held, _ = strength_and_slope(fibres(fascicles), length)
    return held._replace(active=held.active * force_velocity(jnp.asarray(velocity)))


def strength_and_slope(held: Fibres, length: PerFascicle) -> tuple[Strength, Strength]:
    """Isometric strength [N] and its derivative with respect to length [N/m]."""
    fascicles = held.fascicles
    fibre, reach, rate = _fibre(held, length)
    cosine = reach / fibre
    stretching = rate * cosine / fascicles.optimal_length
    straightening = rate * held.thickness**2 / fibre**3
    stretch = fibre / fascicles.optimal_length

    def along(scale: PerFascicle, curve: tuple[PerFascicle, PerFascicle]) -> tuple[PerFascicle, PerFascicle]:
        value, slope = curve
        return scale * cosine * value, scale * (straightening * value + cosine * slope * stretching)

    passive = passive_force_length_and_slope(stretch, fascicles.passive_slack, fascicles.passive_strain)
    active, active_slope = along(fascicles.max_force, active_force_length_and_slope(stretch))
    tension, tension_slope = along(fascicles.passive_force, passive)
    return Strength(active, tension), Strength(active_slope, tension_slope)


def short_range_stiffness(fascicles: Fascicles, force: PerFascicle, length: PerFascicle) -> PerFascicle:
    """Stiffness q F / L [N/m] of a contracting fascicle to a small quick stretch (Bergmark 1989)."""
    return fascicles.short_range * force / length
