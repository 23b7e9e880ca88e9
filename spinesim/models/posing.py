"""Angles of bones in the sagittal plane, from which the postures by name are made."""

from math import pi
from typing import Any, Unpack

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.models import rhythm
from spinesim.models import supports as on
from spinesim.models.arms import Arms, inclined_arms
from spinesim.models.supports import Supports

DEG = pi / 180
#: Standing tilts the pelvis forward and extends the lumbar spine by as much: the weight above L4-L5
#: then lies over the disc and the sacral slope is 39 degrees.
STANDING_TILT = 3 * DEG

Angle = float | Float[Array, ""]
Angles = Angle | Float[Array, "side"]


def sagittal_angles(
    trunk: Angle,
    lumbar: Angle,
    *,
    bending: Angle = 0.0,
    rotation: Angle = 0.0,
    thighs: Angles = 0.0,
    knees: Angles = 0.0,
    balance: tuple[float, float] = (1.0, 0.0),
    supports: Supports | None = None,
    **arms: Unpack[Arms],
) -> dict[str, Any]:
    """Fields of a posture, thorax inclined by `trunk`, `lumbar` of it by flexion from standing [rad]."""
    given = (trunk, lumbar, bending, rotation)
    trunk, lumbar, bending, rotation = (jnp.asarray(angle, dtype=float) for angle in given)
    upper_arms, elbows = inclined_arms(trunk, **arms)
    return dict(
        pelvis=about_z(lumbar - trunk - STANDING_TILT),
        levels=rhythm.spread(lumbar - STANDING_TILT, bending, rotation),
        head=jnp.zeros(3),
        femurs=jax.vmap(about_z)(both(thighs)),
        knees=both(knees),
        upper_arms=jax.vmap(about_z)(upper_arms),
        elbows=elbows,
        balance=jnp.asarray(balance, dtype=float),
        supports=on.two_feet() if supports is None else supports,
    )


def about_z(angle: Float[Array, ""]) -> Float[Array, "3"]:
    return jnp.zeros(3).at[2].set(angle)


def both(angle: Angles) -> Float[Array, "side"]:
    return jnp.broadcast_to(jnp.asarray(angle, dtype=float), (2,))
