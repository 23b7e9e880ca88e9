"""Hill-type fascicles on a rigid tendon, elementwise over fascicles.

The fibre keeps its thickness (Zajac 1989, Crit Rev Biomed Eng 17:359): with musculotendon length l,
tendon slack length s, optimal length o and pennation p, the fibre is hypot(l - s, o sin p).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.models.anatomy import Fascicles
from spinesim.models.curves import active_force_length, force_velocity, passive_force_length

PerFascicle = Float[Array, "fascicle"]

_SLACK = 0.2  # of the fibre's reach: below it the tendon is going slack, the reach decays to zero


class Strength(NamedTuple):
    """What a fascicle can pull at its length: force = activation * active + passive [N]."""

    active: PerFascicle
    passive: PerFascicle


def fibre_geometry(fascicles: Fascicles, length: PerFascicle) -> tuple[PerFascicle, PerFascicle]:
    """Fibre stretch and cosine of pennation of a musculotendon length [m] on a rigid tendon.

    A slack musculotendon (shorter than its tendon) has a reach that decays smoothly to zero.
    """
    reach_at_optimum = fascicles.optimal_length * jnp.cos(fascicles.pennation)
    shortest = _SLACK * reach_at_optimum
    reach = length - fascicles.tendon_slack_length
    decay = shortest * jnp.exp(jnp.minimum(reach / shortest - 1.0, 0.0))
    reach = jnp.where(reach > shortest, reach, decay)
    fibre = jnp.hypot(reach, fascicles.optimal_length * jnp.sin(fascicles.pennation))
    return fibre / fascicles.optimal_length, reach / fibre


def strength(fascicles: Fascicles, length: PerFascicle, velocity: PerFascicle | float = 0.0) -> Strength:
    """Active and passive force along the tendon [N] at musculotendon `length` [m].

    `velocity` is the fibre's lengthening velocity over its maximal one. Passive force has its own scale:
    a weak or an inhibited muscle is not a slack one.
    """
    stretch, cosine = fibre_geometry(fascicles, length)
    active = active_force_length(stretch) * force_velocity(jnp.asarray(velocity))
    passive = passive_force_length(stretch, fascicles.passive_slack, fascicles.passive_strain)
    return Strength(
        active=fascicles.max_force * cosine * active, passive=fascicles.passive_force * cosine * passive
    )


def strength_and_slope(fascicles: Fascicles, length: PerFascicle) -> tuple[Strength, Strength]:
    """Isometric strength [N] and its derivative with respect to length [N/m]."""
    return jax.jvp(lambda at: strength(fascicles, at), (length,), (jnp.ones_like(length),))


def short_range_stiffness(fascicles: Fascicles, force: PerFascicle, length: PerFascicle) -> PerFascicle:
    """Stiffness q F / L [N/m] of a contracting fascicle to a small quick stretch (Bergmark 1989)."""
    return fascicles.short_range * force / length
