"""Discs: the potential against its own derivatives, then against bench measurements."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from segment import (
    MODEL,
    bend_deg,
    energy,
    hessian,
    isolated_disc,
    loaded,
    resistance,
    segment,
    tilted,
    turned,
)

from spinesim.models.anatomy import LEVELS
from spinesim.models.disc import disc_energy, intradiscal_pressure, mid_disc_frame, rest_height
from spinesim.models.se3 import about_z, exp_rotation

SCALE = jnp.array([1e-3] * 3 + [0.03] * 3)  # a millimetre weighs as much as 2 degrees


def disc(**changes):
    return replace(segment("L4L5").disc, **{k: jnp.array(v) for k, v in changes.items()})


def axial_force(d, squeeze):
    """Compressive force of an unbent disc squeezed along its axis."""
    axis = about_z(d.tilt)[:, 1]
    return axis @ jax.grad(disc_energy, 2)(d, jnp.eye(3), -squeeze * axis) * -1


def test_a_fresh_disc_is_at_rest_in_the_neutral_pose():
    seg = isolated_disc("L4L5")
    assert energy(seg, jnp.eye(3), jnp.zeros(3)) == 0
    np.testing.assert_allclose(resistance(seg, jnp.eye(3), jnp.zeros(3)), 0, atol=1e-9)
    assert np.all(np.isfinite(hessian(seg, jnp.eye(3), jnp.zeros(3))))


def test_axial_stiffness_passes_through_its_marks():
    """The given tangents at rest and under great load, a soft constant one in tension."""
    d = disc()
    stiffness = jax.grad(axial_force, 1)
    np.testing.assert_allclose(stiffness(d, 0.0), d.axial_stiffness, rtol=1e-9)
    np.testing.assert_allclose(stiffness(d, 0.1), d.axial_stiffness_loaded, rtol=1e-4)
    np.testing.assert_allclose(stiffness(d, -0.1), stiffness(d, -0.2), rtol=1e-3)
    assert 0 < stiffness(d, -0.1) < d.axial_stiffness
    np.testing.assert_allclose(axial_force(d, 0.0), 0, atol=1e-9)


@pytest.mark.parametrize(("load", "low", "high"), [(250, 700, 1800), (500, 1000, 2600), (1000, 1500, 3200)])
def test_axial_stiffness_rises_with_preload_as_measured(load, low, high):
    seg = isolated_disc("L4L5")
    axis = tilted(seg, [0, 1, 0])
    stiffness = axis @ hessian(seg, *loaded(seg, load)[:2])[:3, :3] @ axis
    assert low < stiffness / 1e3 < high


@pytest.mark.parametrize("seed", range(3))
def test_turning_the_disc_in_its_body_changes_nothing(seed):
    """A disc tilted by a, its pose seen from axes tilted by a, has the same energy."""
    random = np.random.default_rng(seed)
    rotation = exp_rotation(jnp.array(random.uniform(-0.2, 0.2, 3)))
    shift = jnp.array(random.uniform(-1e-3, 1e-3, 3))
    turn = about_z(jnp.asarray(0.4))
    tilted_disc = disc(tilt=disc().tilt + 0.4)
    same = disc_energy(tilted_disc, turn @ rotation @ turn.T, turn @ shift)
    np.testing.assert_allclose(same, disc_energy(disc(), rotation, shift), rtol=1e-12)


def test_neither_vertebra_is_preferred():
    """The inverse motion, seen from the upper body upside down, costs the same."""
    upside_down = about_z(jnp.asarray(np.pi))
    rotation, shift = exp_rotation(jnp.array([0.1, 0.05, -0.2])), jnp.array([4e-4, -6e-4, 2e-4])
    d = disc(coupling=[0.0, 0.0])
    inverse = disc_energy(d, upside_down @ rotation.T @ upside_down.T, -upside_down @ rotation.T @ shift)
    np.testing.assert_allclose(inverse, disc_energy(d, rotation, shift), rtol=1e-12)


def test_mirrored_motion_has_the_same_energy():
    mirror = jnp.diag(jnp.array([1.0, 1.0, -1.0]))
    rotation, shift = exp_rotation(jnp.array([0.1, 0.05, -0.2])), jnp.array([4e-4, -6e-4, 2e-4])
    left = disc_energy(disc(), mirror @ rotation @ mirror, mirror @ shift)
    np.testing.assert_allclose(left, disc_energy(disc(), rotation, shift), rtol=1e-12)


def test_the_mid_disc_frame_lies_halfway():
    d, rotation = disc(), exp_rotation(jnp.array([0.1, 0.05, -0.2]))
    half = mid_disc_frame(d, rotation) @ about_z(d.tilt).T
    np.testing.assert_allclose(half @ half, rotation, atol=1e-12)


@pytest.mark.parametrize("load", [0.0, 250.0, 500.0, 1000.0, 3000.0])
def test_a_loaded_disc_is_stable(load):
    """Positive Hessian of the isolated disc, neutral and bent to the ends of its range."""
    seg = isolated_disc("L4L5")
    for angles in [(0, 0, 0), (0, 0, -10), (0, 0, 6), (7, 0, 0), (0, 3, 0), (4, 2, -5)]:
        matrix = SCALE * hessian(seg, *turned(seg, angles, load)[:2]) * SCALE[:, None]
        assert np.linalg.eigvalsh(matrix + matrix.T)[0] > 0


@pytest.mark.parametrize("seed", range(2))
def test_translations_are_stable_in_any_pose(seed):
    """What the equilibrium solves for: rotations held, all bent and squeezed and sheared at once."""
    random = np.random.default_rng(seed)
    n = 500
    turns = jnp.array(random.uniform(-1, 1, (n, 3)) * [0.14, 0.07, 0.25])
    shifts = jnp.array(random.uniform([-3, -3, -3], [3, 1, 3], (n, 3))) * 1e-3
    curved = jax.jit(jax.vmap(lambda w, t: jax.hessian(disc_energy, 2)(disc(), exp_rotation(w), t)))
    assert np.linalg.eigvalsh(curved(turns, shifts)).min() > 5e4


@pytest.mark.parametrize("level", ["L2L3", "L4L5"])
def test_preload_stiffens_every_direction(level):
    """Shear and bending about the neutral pose, more at 500 than at 250 N (Gardner-Morse 2004)."""
    seg = isolated_disc(level)
    axes = jnp.kron(jnp.eye(2), about_z(seg.disc.tilt))
    free, part, full = (
        jnp.diag(axes.T @ hessian(seg, *loaded(seg, load)[:2]) @ axes) for load in (0.0, 250.0, 500.0)
    )
    assert np.all(part > 1.3 * free) and np.all(full > 1.1 * part)


@pytest.mark.parametrize(
    ("angles", "low", "high"),
    [
        ((0, 0, -5), 1.469, 3.051),
        ((0, 0, -10), 3.458, 7.182),
        ((5, 0, 0), 2.412, 5.008),
        ((0, 3, 0), 2.093, 4.347),
    ],
)
def test_isolated_disc_moments_follow_han(angles, low, high):
    seg = isolated_disc("L4L5")
    assert low < jnp.linalg.norm(resistance(seg, *turned(seg, angles)[:2])[3:]) < high


@pytest.mark.parametrize("load", [0.0, 500.0])
@pytest.mark.parametrize("direction", [(0, 0, -1), (0, 0, 1), (1, 0, 0), (0, 1, 0)])
def test_moment_grows_with_rotation(load, direction):
    seg = segment("L4L5")
    axis = tilted(seg, direction)
    reach = 4 if direction[1] else 10
    moments = [
        axis @ resistance(seg, *turned(seg, np.multiply(direction, angle), load)[:2])[3:]
        for angle in np.linspace(0, reach, 6)
    ]
    assert np.all(np.diff(moments) > 0)


def laxity(degeneration):
    """Rotation [deg] of the isolated disc at a small moment."""
    seg = isolated_disc("L4L5")._replace(disc=disc(degeneration=degeneration))
    return float(bend_deg(seg, loaded(seg, moment=(0, 0, -1.0)))[2])


def test_degeneration_follows_its_published_directions():
    """Height only falls; laxity is greatest in moderate degeneration (Fujiwara 2000, Tanaka 2001)."""
    heights = [float(rest_height(disc(degeneration=g))) for g in (0.0, 0.3, 0.6, 1.0)]
    assert np.all(np.diff(heights) < 0)
    healthy, moderate, severe = (abs(laxity(g)) for g in (0.0, 0.6, 1.0))
    assert moderate > 1.3 * healthy and severe < healthy


def test_a_disc_without_fluid_sits_lower():
    """Tyrrell 1985: some 1.5 mm between a night's rest and the evening."""
    swing = rest_height(disc(hydration=1.115)) - rest_height(disc(hydration=0.96))
    assert 1.1e-3 < swing < 1.9e-3
    low = isolated_disc("L4L5")._replace(disc=disc(hydration=0.96))
    pose = loaded(low)
    expected = rest_height(low.disc) - low.disc.height
    np.testing.assert_allclose(tilted(low, [0, 1, 0]) @ pose.translation, expected, rtol=1e-6)


def test_pressure_is_that_of_swelling_or_of_the_load():
    """Wilke 1999: 0.10 MPa lying, 0.24 after the night; F / (k A) when loaded."""
    d = disc()
    by_day, by_morning = intradiscal_pressure(d, 0.0), intradiscal_pressure(disc(hydration=1.115), 0.0)
    np.testing.assert_allclose([by_day, by_morning], [1.0e5, 2.4e5], rtol=0.02)
    loaded_area = d.pressure_factor * d.area
    np.testing.assert_allclose(intradiscal_pressure(d, 3000.0), 3000 / loaded_area, rtol=0.01)
    assert jax.vmap(intradiscal_pressure)(MODEL.discs, jnp.full(len(LEVELS), -500.0)).min() > 0
