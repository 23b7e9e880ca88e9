"""Intervertebral discs: one elastic potential in the six relative displacements.

The displacements are seen in the mid-disc frame, halfway between the two vertebrae, so the law treats
them alike. With compression d (positive when squeezed), shears s about the shear centre, and rotation
vector phi, the potential is

    U = A(d) + Q(s) + Q(phi) + sum h phi^4 / 4 + G(d) E (log(1 + Q(s) / E) + log(1 + Q(phi) / E))

A(d)  axial energy: its second derivative rises along a hyperbola from a small value in tension to
      `axial_stiffness_loaded`, passing through `axial_stiffness` at rest;
Q     quadratic energy of the unloaded disc, k u^2 / 2;
G(d)  preload stiffening, proportional to the axial stiffening (Gardner-Morse and Stokes 2004, J
      Biomech 37:205: stiffnesses 1.71 and 2.11 times higher at 250 and 500 N);
E     energy of the neutral zone: within it preload stiffens all of Q, beyond it less and less. What
      stiffens a rotation also pushes along the axis (Maxwell), by G'(d) E log(1 + Q / E); with Q in the
      place of the logarithm a bent disc would push its vertebrae apart with thousands of newtons and
      lose its stability.

Held for rotations to about 20 degrees, shears to 4 mm and compression to 6 kN; no creep, no damage.
"""

from dataclasses import replace

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.models.anatomy import Discs
from spinesim.models.se3 import Rotation, Vector, about_z, exp_rotation, log_rotation

#: Fluid share of a disc's volume, by which its height follows its fluid (Urban and McMullin 1988).
FLUID_SHARE = 0.75
#: Power of hydration in the swelling pressure: 0.10 MPa by day, 0.24 after a night (Wilke 1999).
SWELLING_POWER = 8.0
#: Width of the bend of the axial stiffness over its position `axial_toe`; fits 1200, 1900 and
#: 2300 N/mm at 250, 500 and 1000 N.
BEND_WIDTH = 0.62


def mid_disc_frame(disc: Discs, rotation: Rotation) -> Float[Array, "3 3"]:
    """Axes x, y, z (columns) of the mid-disc frame in lower body axes: half the rotation, tilted."""
    return exp_rotation(log_rotation(rotation) / 2) @ about_z(disc.tilt)


def disc_energy(disc: Discs, rotation: Rotation, translation: Vector) -> Float[Array, ""]:
    """Elastic energy of one disc [J], zero at rest.

    `rotation` and `translation` are those of the upper body relative to the lower one, in lower body
    axes; the translation is that of the upper origin, the disc centre, from its neutral place.
    """
    disc = degenerated(disc)
    squeeze, shear, turn = _strains(disc, rotation, translation)
    sheared = jnp.sum(disc.shear_stiffness * shear**2) / 2
    turned = jnp.sum(disc.rotation_stiffness * turn**2) / 2
    zone = jnp.mean(disc.rotation_stiffness) * disc.neutral_zone**2 / 2
    energy, stiffness = _axial(disc, squeeze)
    gain = disc.preload_gain * (stiffness / disc.axial_stiffness - 1)
    stiffened = gain * zone * (jnp.log1p(sheared / zone) + jnp.log1p(turned / zone))
    return energy + sheared + turned + jnp.sum(disc.rotation_hardening * turn**4) / 4 + stiffened


def _strains(
    disc: Discs, rotation: Rotation, translation: Vector
) -> tuple[Float[Array, ""], Float[Array, "2"], Vector]:
    """Compression [m], shears x and z about the shear centre [m] and rotation vector [rad], mid frame.

    The coupling of shear with bending is the height of the disc centre above the shear centre: to
    bend about it carries the disc centre along.
    """
    offset = mid_disc_frame(disc, rotation).T @ translation
    turn = about_z(disc.tilt).T @ log_rotation(rotation)
    above = disc.coupling / disc.shear_stiffness
    shear = jnp.array([offset[0] + above[0] * turn[2], offset[2] - above[1] * turn[0]])
    return rest_height(disc) - disc.height - offset[1], shear, turn


def _axial(disc: Discs, squeeze: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Energy [J] and tangent stiffness [N/m] of compression alone.

    k = k_1 - b (1 - x / r), r = hypot(x, w), x = squeeze - toe; b puts k on `axial_stiffness` at rest.
    """
    width = BEND_WIDTH * disc.axial_toe
    x, rest = squeeze - disc.axial_toe, -disc.axial_toe
    r, r_rest = jnp.hypot(x, width), jnp.hypot(rest, width)
    bend = (disc.axial_stiffness_loaded - disc.axial_stiffness) / (1 - rest / r_rest)
    swept = (x * r - rest * r_rest) / 2 - r_rest * squeeze
    swept += width**2 * (jnp.arcsinh(x / width) - jnp.arcsinh(rest / width)) / 2
    energy = (disc.axial_stiffness_loaded - bend) * squeeze**2 / 2 + bend * swept
    return energy, disc.axial_stiffness_loaded - bend * (1 - x / r)


def degenerated(disc: Discs) -> Discs:
    """The disc with its degeneration (0 healthy to 1 severe) worked into its mechanics.

    One factor, 1 - 0.9 g + 1.05 g^4, for all linear stiffnesses: laxity grows to moderate
    degeneration (0.6 of the stiffness at g = 0.6) and is lost again when severe (Fujiwara 2000,
    Tanaka 2001, Mimura 1994); the intact segment with a torn annulus keeps 0.3 to 0.6 (Schmidt 1998).
    Hardening doubles; a nucleus without pressure stiffens half as much under preload.
    """
    g = disc.degeneration
    linear = 1 - 0.9 * g + 1.05 * g**4
    return replace(
        disc,
        axial_stiffness=disc.axial_stiffness * linear,
        shear_stiffness=disc.shear_stiffness * linear,
        rotation_stiffness=disc.rotation_stiffness * linear,
        coupling=disc.coupling * linear,
        rotation_hardening=disc.rotation_hardening * (1 + g),
        preload_gain=disc.preload_gain * (1 - g / 2),
    )


def rest_height(disc: Discs) -> Float[Array, ""]:
    """Height of the unloaded disc [m].

    Hydration is the fluid of the disc relative to that of the ordinary day, some hours after rising: 1
    gives the tables' height, about 1.115 is a disc after a night's rest, 0.96 one in the evening (1.5 mm
    between the two; Tyrrell 1985). A severely degenerated disc has lost a third of its height.
    """
    swollen = 1 + FLUID_SHARE * (disc.hydration - 1)
    return disc.height * swollen * (1 - disc.degeneration / 3)


def intradiscal_pressure(disc: Discs, compression: float | Float[Array, ""]) -> Float[Array, ""]:
    """Mean pressure of the nucleus [Pa] under an elastic disc compression [N].

    F / (k A) when loaded, the swelling pressure when not, joined by a hyperbola.
    """
    half = compression / (disc.pressure_factor * disc.area) / 2
    swelling = disc.swelling_pressure * disc.hydration**SWELLING_POWER
    return half + jnp.hypot(half, swelling)
