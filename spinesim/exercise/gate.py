"""The gate: what ability has not reached yet gives its time to what it has, and a flare closes it again."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.adaptation import control
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import Slow
from spinesim.exercise.dose import Menu, Week

#: Most that the open exercises are lengthened by.
_LONGER = 4.0


def ability(slow: Slow, p: Parameters) -> Float[Array, ""]:
    """Lasting skill of the trunk, less for flares of the last fortnight; 0 in the untrained."""
    return control.learned(slow) - p["gate_flare"] * slow.recent_flares


def open_share(stage: Float[Array, "..."], slow: Slow, p: Parameters) -> Float[Array, "..."]:
    """How far exercises of a stage are open, 0 to 1: stage 1 always, each later one asks for more ability."""
    asked = p["gate_step"] * (stage - 1)
    return jnp.where(stage <= 1, 1.0, jax.nn.sigmoid((ability(slow, p) - asked) / p["gate_soft"]))


def opened(asked: Week, menu: Menu, slow: Slow, p: Parameters) -> Week:
    """The week as done: sets of closed exercises go to the open ones, minute for minute."""
    share = 1 - asked.gated * (1 - open_share(menu.stage, slow, p))
    sets = asked.sets * share
    longer = (asked.sets @ menu.minutes) / jnp.maximum(sets @ menu.minutes, 1e-9)
    return Week(
        sets * jnp.minimum(longer, _LONGER), asked.load, asked.sessions, asked.supervised, asked.gated
    )
