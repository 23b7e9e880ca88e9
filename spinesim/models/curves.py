"""Hill-type curves of De Groote et al. (2016, Ann Biomed Eng 44:2922), with the parameter set of the
OpenSim implementation (Dembia et al. 2020), dimensionless and elementwise.

Range of validity: fibre stretch 0.4 to 1.8, velocity -1 to 1 maximal velocities.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Curve = Float[Array, "*batch"]

_HEIGHT = np.array([0.8150671134243542, 0.433004984392647, 0.1])  # the first such that f(1) = 1
_CENTRE = np.array([1.055033428970575, 0.716775413397760, 1.0])
_WIDTH = np.array([0.162384573599574, -0.029947116970696, 0.353553390593274])
_WIDENING = np.array([0.063303448465465, 0.200356847296188, 0.0])
_SHORTEST = 0.2  # below this stretch a fibre is held at its force there; the width vanishes at 0.15

PASSIVE_SHAPE = 4.0

_D1, _D2, _D3, _D4 = -0.3211346127989808, -8.149, -0.374, 0.8825327733249912


def active_force_length(stretch: Curve) -> Curve:
    """Active force at full activation over maximal isometric force, of fibre length / optimal length."""
    return active_force_length_and_slope(stretch)[0]


def active_force_length_and_slope(stretch: Curve) -> tuple[Curve, Curve]:
    """The same and its derivative with respect to the stretch."""
    held = jnp.maximum(stretch, _SHORTEST)
    value, slope = jnp.zeros_like(held), jnp.zeros_like(held)
    # One curve after the other: a sum along a short axis is added up element by element on a processor.
    for height, centre, width, widening in zip(_HEIGHT, _CENTRE, _WIDTH, _WIDENING, strict=True):
        inverse = 1.0 / (width + widening * held)
        off = (held - centre) * inverse
        bell = height * jnp.exp(-0.5 * off * off)
        value += bell
        slope -= bell * off * inverse * (1.0 - widening * off)
    return value, jnp.where(stretch > _SHORTEST, slope, 0.0)


def passive_force_length(stretch: Curve, slack: Curve, strain_at_maximum: Curve) -> Curve:
    """Passive force over that at `strain_at_maximum` beyond `slack`, the stretch up to which it is 0.

    The published slack is 1, the published strain 0.6. The published expression is slightly negative below
    the slack; a fibre cannot push.
    """
    return passive_force_length_and_slope(stretch, slack, strain_at_maximum)[0]


def passive_force_length_and_slope(
    stretch: Curve, slack: Curve, strain_at_maximum: Curve
) -> tuple[Curve, Curve]:
    """The same and its derivative with respect to the stretch."""
    steepness, whole = PASSIVE_SHAPE / strain_at_maximum, np.expm1(PASSIVE_SHAPE)
    grown = jnp.expm1(steepness * jnp.maximum(stretch - slack, 0.0))
    return grown / whole, jnp.where(stretch > slack, steepness * (grown + 1.0) / whole, 0.0)


def force_velocity(velocity: Curve) -> Curve:
    """Force factor of fibre lengthening velocity over maximal velocity: 1 held, 0 at -1, 1.79 at +1."""
    return _D1 * jnp.arcsinh(_D2 * velocity + _D3) + _D4
