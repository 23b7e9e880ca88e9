"""A day that repeats itself: what relaxes within hours, averaged in closed form."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

PerBout = Float[Array, "bout *thing"]


def repeating(goal: PerBout, tau: PerBout, hours: Float[Array, "bout"]) -> tuple[PerBout, PerBout]:
    """Mean in every bout, and state at its end, of what nears a goal in each bout of a repeated day.

    dx/dt = (goal - x) / tau holds within a bout [tau and hours in the same unit]; every bout is linear, so
    the day that repeats is its fixed point, exactly. A bout of no length is passed by.
    """
    length = jnp.reshape(hours, (-1,) + (1,) * (goal.ndim - 1))
    kept = jnp.exp(-length / tau)

    def along(start: Array) -> tuple[Array, tuple[Array, Array]]:
        def bout(now: Array, row: tuple[Array, ...]) -> tuple[Array, tuple[Array, Array]]:
            goal, kept, tau, hours = row
            end = goal + (now - goal) * kept
            spent = jnp.where(hours > 0, hours, 1.0)
            mean = jnp.where(hours > 0, goal + (now - goal) * tau * (1 - kept) / spent, now)
            return end, (mean, end)

        return jax.lax.scan(bout, start, (goal, kept, tau, jnp.broadcast_to(length, goal.shape)))

    gone, _ = along(jnp.zeros(goal.shape[1:]))
    _, (means, ends) = along(gone / (1 - jnp.prod(kept, axis=0)))
    return means, ends
