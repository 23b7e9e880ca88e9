"""Hill-type curves pass through the points that define them and go the right way between."""

import jax
import jax.numpy as jnp
import numpy as np

from spinesim.models.curves import (
    active_force_length,
    active_force_length_and_slope,
    force_velocity,
    passive_force_length,
    passive_force_length_and_slope,
)


def test_force_velocity_falls_to_nothing_at_the_fastest_shortening():
    np.testing.assert_allclose(force_velocity(jnp.array([-1.0, 0.0])), [0.0, 1.0], atol=5e-3)
    assert np.all(np.diff(force_velocity(jnp.linspace(-1, 1, 50))) > 0)


def test_active_force_peaks_at_optimum_and_never_pushes():
    stretch = jnp.linspace(0.0, 1.8, 181)
    force = active_force_length(stretch)
    assert abs(stretch[jnp.argmax(force)] - 1.0) < 0.02 and abs(jnp.max(force) - 1) < 0.01
    assert jnp.all(force >= 0)
    np.testing.assert_allclose(active_force_length(jnp.ones(())), 1.0, rtol=1e-12)


def test_passive_force_starts_at_its_slack_and_reaches_one():
    """At the strain that is given; never negative, never falling."""
    stretch = jnp.linspace(0.5, 1.7, 121)
    force = passive_force_length(stretch, jnp.full_like(stretch, 1.1), jnp.full_like(stretch, 0.6))
    assert jnp.all(force[:61] == 0) and jnp.all(jnp.diff(force[60:]) > 0)
    np.testing.assert_allclose(force[-1], 1.0, rtol=1e-12)


def test_slopes_are_the_derivatives_of_the_curves():
    """By automatic differentiation, on both sides of the shortest stretch and of the slack."""
    stretch = jnp.asarray([0.1, 0.19, 0.21, 0.6, 0.99, 1.01, 1.2, 1.7])
    want = jax.vmap(jax.grad(active_force_length))(stretch)
    np.testing.assert_allclose(active_force_length_and_slope(stretch)[1], want, rtol=1e-12, atol=1e-15)
    slack, strain = jnp.full_like(stretch, 1.1), jnp.full_like(stretch, 0.6)
    want = jax.vmap(jax.grad(passive_force_length))(stretch, slack, strain)
    np.testing.assert_allclose(passive_force_length_and_slope(stretch, slack, strain)[1], want, rtol=1e-12)
