"""Acute fatigue: motor units rested, active and fatigued (Xia and Frey-Law 2008; Looft et al. 2018)."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim.adaptation.parameters import Parameters

Shares = Float[Array, "..."] | Float[np.ndarray, "..."]


class Units(Record):
    """Shares of a muscle's motor units; they add up to 1."""

    rested: Float[Array, "*group"] = quantity("1", "group")
    active: Float[Array, "*group"] = quantity("1", "group")
    fatigued: Float[Array, "*group"] = quantity("1", "group")


def fatigue_rates(units: Units, target: Float[Array, "*group"], p: Parameters) -> Units:
    """Change of the three shares [1/s] while `target`, a share of the fresh muscle, is asked for.

    Units are called up as long as there are rested ones; recovery is `rest_multiplier` times as fast where
    nothing is asked. Valid for holds and slow work; the constants are of the trunk.
    """
    call = jnp.where(
        units.active < target,
        p["development"] * jnp.minimum(target - units.active, units.rested),
        p["development"] * (target - units.active),
    )
    recovery = p["recovery_trunk"] * jnp.where(target > 0, 1.0, p["rest_multiplier"]) * units.fatigued
    tired = p["fatigue_trunk"] * units.active
    return Units(recovery - call, call - tired, tired - recovery)


def fatigue_rate(endurance: Shares, p: Parameters, female: Shares | float = 0.0) -> Float[Array, "..."]:
    """How fast active units tire, F [1/s]: more slowly in the trained (`endurance` 0 to 1) and in women (1).

    Clark et al. (2003) compared men and women at the same share of their own strength: it is what is left of
    the difference between the sexes once strength and weight are accounted for.
    """
    return p["fatigue_trunk"] * p["fatigue_women"] ** female * jnp.exp(-p["endurance_gain"] * endurance)


def hold_time(
    target: Float[Array, "..."],
    endurance: Float[Array, "..."],
    p: Parameters,
    female: Shares | float = 0.0,
) -> Float[Array, "..."]:
    """How long a fresh muscle holds `target` of its strength [s]; infinite where it can recover meanwhile.

    Closed form of the three shares once all units needed are active: T = -ln(1 - R (1 - TL) / (F TL)) / R.
    A target of 1 or more cannot be held.
    """
    fatigue = fatigue_rate(endurance, p, female)
    load = jnp.clip(target, 1e-6, 1.0)
    spent = p["recovery_trunk"] * (1 - load) / (fatigue * load)
    endless = spent >= 1
    return jnp.where(endless, jnp.inf, -jnp.log1p(-jnp.where(endless, 0.5, spent)) / p["recovery_trunk"])


def fatigued_after(
    tired: Shares,
    used: Shares,
    seconds: Shares,
    endurance: Shares,
    p: Parameters,
    female: Shares | float = 0.0,
) -> Float[Array, "..."]:
    """Share of the units that is fatigued after `seconds` at a held activation, from a share `tired`.

    While there are rested units to call up, the active share is that asked for (`used`), and fatigue is
    linear: it nears F M_A / R with the time 1 / R, which over a hold is the course of `fatigue_rates`.
    """
    settled = fatigue_rate(endurance, p, female) * used / p["recovery_trunk"]
    return settled + (tired - settled) * jnp.exp(-p["recovery_trunk"] * seconds)
