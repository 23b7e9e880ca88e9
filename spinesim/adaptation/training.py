"""Training: what an activation that is held for some time trains.

Bands of activation: learning below 25 % of the greatest, endurance from 25 to 45, strength above (Ekstrom et
al. 2007). Strength goes by motor units: they are called up one after the other as effort rises (size
principle), the last at some 85 % (Kukulka and Clamann 1981, recalled), and a unit is trained by the time that
it is at work. So work at half the strength trains few of them, however long it lasts, unless it comes near
failure, where the tired ones are stood in for: then it trains as many as heavy work (Fisher et al. 2018).

All edges are ramps that end: a dose saturates, and the tail of an edge would add up over long times to as
much as work beyond it, so that walking made muscles strong and silence made them skilled.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

#: Least activation that is practice, edges between the bands of learning, endurance and strength, and half
#: the width of the ramps (assumed) [1].
LEAST, ENDURANCE, STRENGTH, SOFT = 0.05, 0.25, 0.45, 0.03
#: Effort at which the last units are called up [1].
LAST = 0.85
#: Efforts at which each eighth is called up of the units that ordinary life leaves alone [1].
UNITS = 8
_WIDTH = (LAST - STRENGTH) / UNITS
CALLED = STRENGTH + _WIDTH * (np.arange(UNITS) + 0.5)
#: Effort that makes a muscle grow [1].
SIZE = 0.60
#: Time at work in a week from which half of what it would gain is lost [s] (fitted: ten sets of ten thrice a
#: week, some 900 s, gained rather less than five; Amirthalingam et al. 2017, recalled), and how sharply.
RECOVERED, _SHARP = 1200.0, 4
#: How far an exercise must go beyond what hours of ordinary life ask, to train endurance (assumed) [1].
BEYOND_HABIT = 0.10


def above(activation: Float[Array, "..."], edge: float | Float[Array, "..."]) -> Float[Array, "..."]:
    """How much of an activation counts as above an edge."""
    return jnp.clip(0.5 + 0.5 * (activation - edge) / SOFT, 0.0, 1.0)


def practised(activation: Float[Array, "..."]) -> Float[Array, "..."]:
    """How much of the time at an activation counts as learning: all of it below endurance, half within."""
    within = above(activation, ENDURANCE) * (1 - above(activation, STRENGTH))
    return above(activation, LEAST) * (1 - above(activation, ENDURANCE)) + 0.5 * within


def lasting(activation: Float[Array, "..."], habit: Float[Array, "..."]) -> Float[Array, "..."]:
    """How much of the time at an activation counts as endurance; `habit` is what life asks for hours."""
    edge = jnp.maximum(ENDURANCE, habit + BEYOND_HABIT)
    return above(activation, edge) * (1 - above(activation, STRENGTH))


def _passed(effort: Float[Array, "..."]) -> Float[Array, "..."]:
    """Integral of a ramp that goes from 0 to 1 over _WIDTH about zero."""
    share = jnp.clip(effort / _WIDTH + 0.5, 0.0, 1.0)
    return 0.5 * _WIDTH * share**2 + jax.nn.relu(effort - 0.5 * _WIDTH)


def share_beyond(
    first: Float[Array, "..."], last: Float[Array, "..."], edge: Float[Array, "..."] | float
) -> Float[Array, "..."]:
    """Share of the time for which an effort that rises evenly from `first` to `last` is beyond an edge."""
    end = jnp.maximum(last, first + 1e-3)
    return (_passed(end - edge) - _passed(first - edge)) / (end - first)


def at_work(first: Float[Array, "*any"], last: Float[Array, "*any"]) -> Float[Array, "unit *any"]:
    """Share of the time for which the units of every eighth are at work."""
    edges = jnp.reshape(jnp.asarray(CALLED), (-1,) + (1,) * jnp.ndim(first))
    return share_beyond(first, last, edges)


def overreached(seconds: Float[Array, "..."]) -> Float[Array, "..."]:
    """Share of the gain that is lost where a muscle is at work for so long a week [s]; 0 to 1."""
    times = (seconds / RECOVERED) ** _SHARP
    return times / (1 + times)
