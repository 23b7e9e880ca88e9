"""Intervertebral discs: one elastic potential in the six relative displacements.

The displacements are seen in the mid-disc frame, halfway between the two vertebrae, so the law treats
them alike. With compression d (positive when squeezed), shears s about the shear centre, and rotation
vector phi, the potential is

    U = A(d) + Q(s) + Q(phi) + sum h phi^4 / 4 + 2 G(d) E (r(Q(s) / E) + r(Q(phi) / E)),
    r(x) = sqrt(1 + x) - 1

A(d)  axial energy: its second derivative rises along a hyperbola from a small value in tension to
      `axial_stiffness_loaded`, passing through `axial_stiffness` at rest;
Q     quadratic energy of the unloaded disc, k u^2 / 2;
G(d)  preload stiffening, in proportion to the squeeze (Gardner-Morse and Stokes 2004, J Biomech 37:205:
      stiffnesses 1.71 and 2.11 times higher at 250 and 500 N, where discs are squeezed 0.3 and 0.5 mm);
E     energy of the neutral zone: within it preload stiffens all of Q, beyond it less and less, but never
      so fast that a moment or a shear would fall as it is turned or pushed further. What stiffens a rotation
      also pushes along the axis (Maxwell), by G'(d) times its energy; with Q in the place of the root a bent
      disc would push its vertebrae apart with thousands of newtons and lose its stability.

Held for rotations to about 20 degrees, shears to 4 mm and compression to 6 kN; no creep, no damage.
"""

from dataclasses import replace
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.models.anatomy import Discs
from spinesim.models.se3 import Rotation, Vector, about_z, exp_rotation, hat, log_rate, log_rotation, product

#: Fluid share of a disc's volume, by which its height follows its fluid (Urban and McMullin 1988).
FLUID_SHARE = 0.75
#: Power of hydration in the swelling pressure: 0.10 MPa by day, 0.24 after a night (Wilke 1999).
SWELLING_POWER = 8.0
#: Width of the bend of the axial stiffness over its position `axial_toe`; fits 1200, 1900 and
#: 2300 N/mm at 250, 500 and 1000 N.
BEND_WIDTH = 0.62
#: Width over `axial_toe` of the bend where preload stiffening fades out in tension (judgement): narrow enough
#: that a stretched disc keeps three quarters of its resting stiffness.
FADE_WIDTH = 0.25


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
    zone = _zone(disc)
    energy, (gain, *_) = _axial(disc, squeeze), _stiffening(disc, squeeze)
    stiffened = gain * zone * 2 * (jnp.sqrt(1 + sheared / zone) + jnp.sqrt(1 + turned / zone) - 2)
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


class TurnedDisc(NamedTuple):
    """A disc at a held rotation: what its translation does not change."""

    disc: Discs  # degeneration worked in
    frame: Float[Array, "3 3"]  # mid-disc axes in lower body axes, columns
    to_turn: Float[Array, "3 3"]  # from slopes in the rotation vector to moments
    to_frame: Float[Array, "3 3"]  # from moments about the origin to what turns the mid-disc frame
    squeeze: Float[Array, ""]  # with the upper body in its neutral place [m]
    shear: Float[Array, "2"]  # by bending about the shear centre [m]
    zone: Float[Array, ""]
    turned: Vector  # moments of the unloaded disc [N m]
    turned_on: Vector  # those of the hardening [N m]
    slack_turn: Float[Array, ""]


def turned_disc(disc: Discs, rotation: Rotation) -> TurnedDisc:
    """One disc with the upper body turned by `rotation` in lower body axes.

    The whole rotation is the half one twice, so the mid-disc frame follows a small rotation of the upper
    body by (I + half)^-1.
    """
    disc = degenerated(disc)
    frame, tilt = mid_disc_frame(disc, rotation), about_z(disc.tilt)
    squeeze, shear, turn = _strains(disc, rotation, jnp.zeros(3))
    half, zone = frame @ tilt.T, _zone(disc)
    turned = disc.rotation_stiffness * turn
    return TurnedDisc(
        disc=disc,
        frame=frame,
        to_turn=-log_rate(log_rotation(rotation)).T @ tilt,
        to_frame=jnp.eye(3) / 2 + (half - half.T) / (2 * (1 + jnp.trace(half))),  # (I + half)^-T
        squeeze=squeeze,
        shear=shear,
        zone=zone,
        turned=turned,
        turned_on=disc.rotation_hardening * turn**3,
        slack_turn=jnp.sqrt(1 + turned @ turn / (2 * zone)),
    )


def disc_wrench_and_stiffness(
    held: TurnedDisc, translation: Vector
) -> tuple[Float[Array, "6"], Float[Array, "6 3"]]:
    """Wrench of one disc on the upper body [N, N m], moment about its origin, and its slope in translation.

    Written out by hand, the fast twin of `disc_energy`.
    """
    slope, (pull, bend) = _slopes(held, translation)
    frame = held.frame
    force, force_slope = -product(frame, slope[:3]), -product(product(frame, pull), frame.T)
    moment = product(held.to_turn, slope[3:]) + product(held.to_frame, jnp.cross(force, translation))
    lever = hat(force) - product(hat(translation), force_slope)
    moment_slope = product(product(held.to_turn, bend), frame.T) + product(held.to_frame, lever)
    return jnp.concatenate([force, moment]), jnp.concatenate([force_slope, moment_slope])


def _slopes(
    held: TurnedDisc, translation: Vector
) -> tuple[Float[Array, "6"], tuple[Float[Array, "3 3"], Float[Array, "3 3"]]]:
    """Slope of the energy in offset and rotation vector, mid frame, and how both change with the offset."""
    disc, zone = held.disc, held.zone
    x, y, z = product(held.frame.T, translation)
    squeeze, shear = held.squeeze - y, held.shear + jnp.stack([x, z])
    sheared = disc.shear_stiffness * shear
    slack = jnp.sqrt(1 + jnp.sum(sheared * shear) / (2 * zone))
    depth = zone * 2 * (slack + held.slack_turn - 2)
    push, stiffness = _axial_slopes(disc, squeeze)
    gain, rate, curve = _stiffening(disc, squeeze)
    squeezed, axial = push + rate * depth, stiffness + curve * depth
    by_shear = sheared * (1 + gain / slack)
    by_turn = held.turned * (1 + gain / held.slack_turn) + held.turned_on
    mixed, mixed_turn = rate * sheared / slack, rate * held.turned / held.slack_turn
    (xx, zz), xz = disc.shear_stiffness * (1 + gain / slack), -gain / (2 * zone * slack**3)
    xx, xz, zz = xx + xz * sheared[0] ** 2, xz * sheared[0] * sheared[1], zz + xz * sheared[1] ** 2

    # offset (x, y, z) shears by x and z, squeezes by -y; bending carries the disc over its shear centre
    above_x, above_z = disc.coupling / disc.shear_stiffness
    pull = jnp.stack([
        xx, -mixed[0], xz,
        -mixed[0], axial, -mixed[1],
        xz, -mixed[1], zz,
    ]).reshape(3, 3)  # fmt: skip
    zero = jnp.zeros_like(x)
    bend = jnp.stack([
        -above_z * xz, above_z * mixed[1] - mixed_turn[0], -above_z * zz,
        zero, -mixed_turn[1], zero,
        above_x * xx, -above_x * mixed[0] - mixed_turn[2], above_x * xz,
    ]).reshape(3, 3)  # fmt: skip
    carried = jnp.stack([-above_z * by_shear[1], zero, above_x * by_shear[0]])
    offset = jnp.stack([by_shear[0], -squeezed, by_shear[1]])
    return jnp.concatenate([offset, by_turn + carried]), (pull, bend)


def _zone(disc: Discs) -> Float[Array, ""]:
    """Energy of the neutral zone [J]."""
    return jnp.mean(disc.rotation_stiffness) * disc.neutral_zone**2 / 2


def _axial_slopes(disc: Discs, squeeze: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Force and tangent stiffness of compression alone [N, N/m]."""
    width = BEND_WIDTH * disc.axial_toe
    x, rest = squeeze - disc.axial_toe, -disc.axial_toe
    r, r_rest = jnp.hypot(x, width), jnp.hypot(rest, width)
    bend = (disc.axial_stiffness_loaded - disc.axial_stiffness) / (1 - rest / r_rest)
    push = (disc.axial_stiffness_loaded - bend) * squeeze + bend * (r - r_rest)
    return push, disc.axial_stiffness_loaded - bend * (1 - x / r)


def _axial(disc: Discs, squeeze: Float[Array, ""]) -> Float[Array, ""]:
    """Energy of compression alone [J].

    k = k_1 - b (1 - x / r), r = hypot(x, w), x = squeeze - toe; b puts k on `axial_stiffness` at rest.
    """
    width = BEND_WIDTH * disc.axial_toe
    x, rest = squeeze - disc.axial_toe, -disc.axial_toe
    r, r_rest = jnp.hypot(x, width), jnp.hypot(rest, width)
    bend = (disc.axial_stiffness_loaded - disc.axial_stiffness) / (1 - rest / r_rest)
    swept = (x * r - rest * r_rest) / 2 - r_rest * squeeze
    swept += width**2 * (jnp.arcsinh(x / width) - jnp.arcsinh(rest / width)) / 2
    return (disc.axial_stiffness_loaded - bend) * squeeze**2 / 2 + bend * swept


def _stiffening(disc: Discs, squeeze: Float[Array, ""]) -> tuple[Float[Array, ""], ...]:
    """Preload stiffening G of shear and rotation, and its first and second derivative.

    It grows with the squeeze and fades out in tension, along a hyperbola. Being convex it never takes
    stiffness from the axis.
    """
    width = FADE_WIDTH * disc.axial_toe
    r = jnp.hypot(squeeze, width)
    gain = disc.preload_gain * (squeeze + r - width) / 2
    rate = disc.preload_gain * (1 + squeeze / r) / 2
    return gain, rate, disc.preload_gain * width**2 / r**3 / 2


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
