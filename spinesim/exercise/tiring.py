"""Tiring within a session: sets and pauses through the three compartments, set by set in closed form."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.adaptation.fatigue import fatigue_rate
from spinesim.adaptation.parameters import Parameters

#: Sets that are looked at one by one, and softness of "no longer than the set".
_SETS = 8
_SOFT = 0.02
#: Least share of units that is not tired, and least activation that is looked at.
_LEAST = 1e-3

Each = Float[Array, "case group"]


def session(
    activation: Each,
    sets: Float[Array, "case"],
    work: Float[Array, "case"],
    pause: Float[Array, "case"],
    endurance: Float[Array, "group"],
    p: Parameters,
    female: Float[Array, ""] | float = 0.0,
) -> tuple[Each, Each]:
    """Share of the time under load that each group keeps up, and how hard the last set is of what is left.

    In a set the tired share nears F a / R with the time 1 / R, in the pause it falls with the time 1 / (r
    R); a set ends early once the units that are neither tired nor at work are used up (`fatigue.hold_time`,
    from any share). Sets that end early are taken as tiring as whole ones, and those after the eighth as the
    eighth. Groups recover for themselves: what one exercise tires is not brought to the next (assumed).

    Args:
        activation: asked of each group, 0 to 1.
        sets, work, pause: how many, how long each is, and the pause after it [s].
        endurance: 0 untrained to 1.
        p: parameters.
        female: 1 for a woman.
    """
    rate = p["recovery_trunk"]
    asked = jnp.clip(activation, _LEAST, 1.0)
    settled = fatigue_rate(endurance, p, female) * asked / rate
    left = jnp.exp(-rate * work)[:, None]
    rested = jnp.exp(-p["rest_multiplier"] * rate * pause)[:, None]
    kept = left * rested
    more = jnp.maximum(sets - 1, 0.0)[:, None]

    def before(count: Array) -> Each:
        """Tired share at the start of the set after so many."""
        whole = settled * (1 - left) * rested * (1 - kept**count) / jnp.maximum(1 - kept, 1e-9)
        return jnp.minimum(whole, 1 - _LEAST)

    def done(start: Each) -> Each:
        """Share of one set, from a tired share."""
        spent = (settled - (1 - asked)) / jnp.maximum(settled - start, 1e-9)
        endless = spent <= 0
        time = -jnp.log(jnp.clip(jnp.where(endless, 0.5, spent), 1e-9, 1.0)) / rate
        share = jnp.where(endless, 2.0, time / jnp.maximum(work, 1e-9)[:, None])
        return 1 - _SOFT * jax.nn.softplus((1 - jnp.minimum(share, 2.0)) / _SOFT)

    number = jnp.arange(float(_SETS))
    shares = jax.vmap(lambda count: done(before(count)))(number)
    weight = jnp.clip(sets - number[:, None], 0.0, jnp.where(number < _SETS - 1, 1.0, jnp.inf)[:, None])
    share = jnp.sum(weight[..., None] * shares, axis=0) / jnp.maximum(jnp.sum(weight, axis=0), 1e-9)[:, None]
    at_end = jnp.minimum(settled + (before(more) - settled) * left, 1 - _LEAST)
    return jnp.clip(share, 0.0, 1.0), jnp.minimum(asked / (1 - at_end), 1.0)
