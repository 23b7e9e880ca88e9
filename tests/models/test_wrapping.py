"""Paths over one surface: closed forms, the shortest way, smoothness at touch and at the surface."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from spinesim.models.wrapping import Detour, around_cylinder, around_sphere

RADIUS = jnp.array(0.04)
FIRM = jnp.array([0.012, 0.012])
SOFT = jnp.array([0.2, 0.2])
SIDES = (jnp.array(1.0), jnp.array(-1.0))


def path_length(detour: Detour, start: Float[Array, "3"], end: Float[Array, "3"]) -> Float[Array, ""]:
    """Length of the whole path [m]."""
    bent = jnp.linalg.norm(detour.first - start) + detour.arc + jnp.linalg.norm(end - detour.last)
    return jnp.where(detour.engaged > 0, bent, jnp.linalg.norm(end - start))


def over_cylinder(
    start: Float[Array, "3"], end: Float[Array, "3"], side: Float[Array, ""] = SIDES[0]
) -> Float[Array, ""]:
    return path_length(around_cylinder(start, end, RADIUS, side, SOFT), start, end)


def over_sphere(start: Float[Array, "3"], end: Float[Array, "3"]) -> Float[Array, ""]:
    return path_length(around_sphere(start, end, RADIUS, SOFT), start, end)


@pytest.mark.parametrize("side", SIDES)
def test_half_turn_over_a_cylinder_is_two_tangents_and_an_arc(side: Float[Array, ""]):
    """From (d, 0) to (-d, 0): two tangents sqrt(d^2 - r^2) and an arc of 2 asin(r / d), on either side."""
    d, rise = 0.1, 0.07
    flat = 2 * np.sqrt(d**2 - 0.04**2) + 0.04 * 2 * np.arcsin(0.04 / d)
    start, end = jnp.array([d, 0.0, 0.0]), jnp.array([-d, 0.0, rise])
    detour = around_cylinder(start, end, RADIUS, side, FIRM)
    np.testing.assert_allclose(path_length(detour, start, end), np.hypot(flat, rise), rtol=1e-14)
    assert jnp.sign(detour.first[1]) == side == jnp.sign(detour.last[1])


def test_half_turn_over_a_sphere_is_the_plane_figure():
    start, end = jnp.array([0.1, 0.0, 0.0]), jnp.array([-0.1, 1e-9, 0.0])
    expected = 2 * np.sqrt(0.1**2 - 0.04**2) + 0.04 * 2 * np.arcsin(0.04 / 0.1)
    np.testing.assert_allclose(over_sphere(start, end), expected, atol=1e-9)  # the end is 1e-9 off


def random_ends(seed: int, n: int) -> tuple[Float[Array, "n 3"], Float[Array, "n 3"]]:
    """Pairs of points between 1.3 and 4 radii from the axis and the centre, turned by 100-170 degrees."""
    draw = np.random.default_rng(seed)
    angle, turn = draw.uniform(-np.pi, np.pi, n), draw.uniform(1.75, 2.97, n)
    reach, height = draw.uniform(0.052, 0.16, (2, n)), draw.uniform(-0.06, 0.06, (2, n))
    start = np.stack([reach[0] * np.cos(angle), reach[0] * np.sin(angle), height[0]], axis=-1)
    end = np.stack([reach[1] * np.cos(angle + turn), reach[1] * np.sin(angle + turn), height[1]], axis=-1)
    return jnp.asarray(start), jnp.asarray(end)


def test_cylinder_path_is_straight_on_the_developed_surface():
    """Tangents touch at right angles to the radius and all three pieces rise at one slope."""
    for start, end in zip(*random_ends(1, 20), strict=True):
        detour = around_cylinder(start, end, RADIUS, SIDES[0], FIRM)
        for touch, outside in ((detour.first, start), (detour.last, end)):
            np.testing.assert_allclose(jnp.linalg.norm(touch[:2]), 0.04, rtol=1e-12)
            np.testing.assert_allclose(touch[:2] @ (touch - outside)[:2], 0.0, atol=1e-15)
        before, after = detour.first - start, end - detour.last
        slope = (end[2] - start[2]) / (path_length(detour, start, end))
        for piece in (before, after):
            if detour.engaged:
                np.testing.assert_allclose(piece[2] / jnp.linalg.norm(piece), slope, rtol=1e-10)
        turn = jnp.arccos(detour.first[:2] @ detour.last[:2] / 0.04**2)
        rise = detour.last[2] - detour.first[2]
        if detour.engaged:
            np.testing.assert_allclose(detour.arc, jnp.hypot(0.04 * turn, rise), rtol=1e-7)


def test_sphere_path_has_tangents_that_continue_the_arc():
    for start, end in zip(*random_ends(2, 20), strict=True):
        detour = around_sphere(start, end, RADIUS, FIRM)
        for touch, outside in ((detour.first, start), (detour.last, end)):
            np.testing.assert_allclose(jnp.linalg.norm(touch), 0.04, rtol=1e-12)
            np.testing.assert_allclose(touch @ (touch - outside), 0.0, atol=1e-15)
        if detour.engaged:
            angle = jnp.arccos(detour.first @ detour.last / 0.04**2)
            np.testing.assert_allclose(detour.arc, 0.04 * angle, rtol=1e-7)


@pytest.mark.parametrize("length", [over_cylinder, over_sphere])
def test_length_and_its_slope_are_continuous_from_free_to_wound_up(length):
    """One end circles the other: the slope never steps, also where the path first touches."""
    start = jnp.array([0.07, 0.0, 0.02])
    angles = jnp.linspace(0.2, 3.1, 20001)

    def at(angle: Float[Array, ""]) -> Float[Array, ""]:
        return length(start, jnp.array([0.09 * jnp.cos(angle), 0.09 * jnp.sin(angle), 0.0]))

    slope = jax.jit(jax.vmap(jax.grad(at)))(angles)
    assert jnp.max(jnp.abs(jnp.diff(slope))) < 3e-5
    chord = jnp.diff(jax.jit(jax.vmap(at))(angles)) / jnp.diff(angles)
    lower, upper = jnp.minimum(slope[1:], slope[:-1]), jnp.maximum(slope[1:], slope[:-1])
    assert jnp.all((chord > lower - 1e-8) & (chord < upper + 1e-8))  # mean value theorem


@pytest.mark.parametrize("turn", [1.0, 3.0, 4.5])
def test_an_end_point_may_come_through_the_surface(turn: float):
    """Along a ray to a hundredth of the radius: the slope stays continuous and below 1 + turn."""
    end = 0.1 * jnp.array([jnp.cos(turn), jnp.sin(turn), 0.0])

    def at(reach: Float[Array, ""]) -> Float[Array, ""]:
        return over_cylinder(jnp.array([1.0, 0.0, 0.0]) * reach, end)

    slope = jax.jit(jax.vmap(jax.grad(at)))(jnp.linspace(0.0004, 0.08, 8000))
    assert jnp.all(jnp.abs(slope) < 1 + turn)
    assert jnp.max(jnp.abs(jnp.diff(slope))) < 0.02


def test_a_path_stays_on_its_side_beyond_half_a_turn():
    """Dragged across the axis the path winds on; released the other way it lies free, on the far side."""
    start = jnp.array([0.1, 0.0, 0.0])
    wound = around_cylinder(start, 0.1 * jnp.array([jnp.cos(4.0), jnp.sin(4.0), 0.0]), RADIUS, SIDES[0], FIRM)
    np.testing.assert_allclose(wound.arc, 0.04 * (4.0 - 2 * np.arccos(0.4)), rtol=1e-12)
    free = around_cylinder(start, 0.1 * jnp.array([jnp.cos(1.4), -jnp.sin(1.4), 0.0]), RADIUS, SIDES[0], FIRM)
    assert free.engaged == 0 and free.arc == 0


@pytest.mark.parametrize(
    "end", [(0.1, 0.0, 0.0), (-0.1, 0.0, 0.0), (0.04, 0.0, 0.0), (0.0, 0.0, 0.0), (0.1, 0.1, 0.1)]
)
@pytest.mark.parametrize("length", [over_cylinder, over_sphere])
def test_derivatives_are_finite_at_every_singular_point(length, end: tuple[float, ...]):
    """Coincident ends, in line with the centre, on the surface, on the axis, at first touch."""
    for start in ((0.1, 0.0, 0.0), (0.0, 0.0, 0.05), (0.04, 0.09165151389911680, 0.0)):
        ends = (jnp.array(start), jnp.array(end))
        if start == end:
            continue
        for order in (jax.grad(length, argnums=(0, 1)), jax.jacfwd(length, argnums=(0, 1))):
            assert all(jnp.all(jnp.isfinite(part)) for part in order(*ends))
