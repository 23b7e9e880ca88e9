"""Fascicles on rigid tendons against what they are defined by."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from spinesim.models.build_muscles import BACK
from spinesim.models.curves import active_force_length, force_velocity
from spinesim.models.muscle import (
    fibre_geometry,
    fibres,
    short_range_stiffness,
    strength,
    strength_and_slope,
)
from spinesim.models.tables import constants


def lengths(model, stretch):
    """Musculotendon length at which the fibres have this stretch, by Pythagoras."""
    f = model.fascicles
    fibre, thickness = stretch * f.optimal_length, f.optimal_length * jnp.sin(f.pennation)
    return f.tendon_slack_length + jnp.sqrt(fibre**2 - thickness**2)


def test_fibres_keep_their_thickness(model):
    for stretch in (0.6, 1.0, 1.4):
        got, cosine = fibre_geometry(model.fascicles, lengths(model, stretch))
        np.testing.assert_allclose(got, stretch, rtol=1e-12)
        sine = jnp.sin(model.fascicles.pennation) / stretch
        np.testing.assert_allclose(cosine**2 + sine**2, 1.0, rtol=1e-12)


def test_full_activation_at_optimum_is_the_maximal_force_along_the_tendon(model):
    found = strength(model.fascicles, lengths(model, 1.0))
    along = model.fascicles.max_force * jnp.cos(model.fascicles.pennation)
    np.testing.assert_allclose(found.active, along * active_force_length(jnp.array(1.0)), rtol=1e-12)
    np.testing.assert_allclose(found.passive, 0.0, atol=1e-9)


def test_moving_fibres_lose_or_gain_active_force_alone(model):
    """Nothing is left at the fastest shortening; stretched ones pull harder than still ones."""
    length, count = lengths(model, 1.2), len(model.fascicles.name)
    still, _ = strength_and_slope(fibres(model.fascicles), length)
    speed = jnp.where(jnp.arange(count) % 2 == 0, -1.0, 0.5)
    for velocity, factor in ((0.0, 1.0), (speed, force_velocity(speed))):
        moving = strength(model.fascicles, length, velocity)
        np.testing.assert_allclose(moving.active, factor * still.active, rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(moving.passive, still.passive)
    np.testing.assert_allclose(moving.active[::2], 0.0, atol=1e-6)
    assert np.all(moving.active[1::2] > 1.3 * still.active[1::2])


def test_a_stretched_back_pulls_by_its_modulus(model):
    """(e^(4 e / 1.4) - 1) / (4 / 1.4) times modulus and cross-section, e beyond the slack."""
    fit, back = constants("passive_fit"), np.isin(model.fascicles.group, BACK)
    assert back.sum() == 126 and np.all(model.fascicles.passive_slack[~back] == 1)
    for beyond in (1e-6, 0.1, 0.3):
        found = strength(model.fascicles, lengths(model, fit["slack_back"] + beyond)).passive
        stress = fit["modulus_back"] * 1.4 / 4 * np.expm1(4 * beyond / 1.4)
        np.testing.assert_allclose(found[back], stress * model.fascicles.pcsa[back], rtol=1e-9)


def test_slack_fascicles_neither_push_nor_break(model):
    """Down to half the tendon's length."""
    for share in np.linspace(0.5, 1.0, 6):
        length = share * model.fascicles.tendon_slack_length
        found, slope = strength_and_slope(fibres(model.fascicles), length)
        for part in (*found, *slope):
            assert np.all(np.isfinite(part))
        assert np.all(found.active >= 0) and np.all(found.passive == 0)


def test_slope_is_the_derivative(model):
    length, step = lengths(model, 1.2), 1e-6
    _, slope = strength_and_slope(fibres(model.fascicles), length)
    up, down = strength(model.fascicles, length + step), strength(model.fascicles, length - step)
    for got, more, less in zip(slope, up, down, strict=True):
        difference = (more - less) / (2 * step)
        np.testing.assert_allclose(got, difference, rtol=0, atol=1e-5 * float(jnp.max(jnp.abs(got))))


def test_reach_is_continuous_where_the_tendon_goes_slack(model):
    """Value and slope on both sides of the bend."""
    f = model.fascicles
    bend = f.tendon_slack_length + 0.2 * f.optimal_length * jnp.cos(f.pennation)
    sides = [
        jax.jvp(lambda at: fibre_geometry(f, at)[0], (bend * near,), (jnp.ones_like(bend),))
        for near in (1 - 1e-9, 1 + 1e-9)
    ]
    for below, above in zip(*sides, strict=True):
        np.testing.assert_allclose(below, above, rtol=1e-6)


def test_weaker_by_half_pulls_half_and_is_no_slacker(model):
    half = dataclasses.replace(model.fascicles, max_force=0.5 * model.fascicles.max_force)
    weak, whole = (strength(f, lengths(model, 1.1)) for f in (half, model.fascicles))
    np.testing.assert_allclose(weak.active, 0.5 * whole.active)
    np.testing.assert_array_equal(weak.passive, whole.passive)


def test_short_range_stiffness_is_q_times_force_over_length(model):
    force, length = jnp.full_like(model.fascicles.max_force, 30.0), lengths(model, 1.0)
    want = model.fascicles.short_range * 30.0 / length
    np.testing.assert_allclose(short_range_stiffness(model.fascicles, force, length), want, rtol=1e-14)
