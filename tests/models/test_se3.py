"""Rotations are rotations, exponential and logarithm undo each other, singular points included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinesim.models.se3 import (
    about_x,
    about_z,
    exp_rotation,
    extension_rate,
    hat,
    joint_rotation,
    log_rotation,
)

components = st.floats(-1.6, 1.6)
vectors = st.tuples(components, components, components).map(jnp.array)
few = settings(max_examples=25, deadline=None)


@given(vectors)
@few
def test_logarithm_undoes_the_exponential(phi):
    np.testing.assert_allclose(log_rotation(exp_rotation(phi)), phi, rtol=0, atol=1e-12)


@given(vectors, vectors)
@few
def test_exponential_is_a_rotation_about_its_vector(phi, other):
    rotation = exp_rotation(phi)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(jnp.linalg.det(rotation), 1.0, atol=1e-14)
    np.testing.assert_allclose(rotation @ phi, phi, atol=1e-14)
    np.testing.assert_allclose(hat(phi) @ other, jnp.cross(phi, other), atol=1e-14)


@given(vectors)
@few
def test_joint_turns_about_z_then_x_then_y(angles):
    bending, axial, extension = angles
    about_y = exp_rotation(axial * jnp.array([0.0, 1.0, 0.0]))
    wanted = about_z(extension) @ about_x(bending) @ about_y
    np.testing.assert_allclose(joint_rotation(angles), wanted, atol=1e-14)


@given(vectors.map(lambda v: 0.5 * v))
@few
def test_extension_follows_a_small_rotation_at_its_stated_rate(angles):
    """d angles -> spatial rotation by the derivative of the matrix, and back by the rate."""
    turns = jax.jacfwd(joint_rotation)(angles)
    skew = jnp.einsum("abk,cb->kac", turns, joint_rotation(angles))
    spatial = jnp.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], axis=1)  # (angle, axis)
    np.testing.assert_allclose(spatial @ extension_rate(angles), [0.0, 0.0, 1.0], atol=1e-12)


@pytest.mark.parametrize("size", [0.0, 1e-9, 1e-4, 1.1e-4, 1e-3])
def test_derivatives_pass_smoothly_through_zero(size):
    """Across the switch to the series: d log(exp(phi)) = d phi, and no derivative blows up."""
    phi = size * jnp.array([0.6, -0.64, 0.48])
    there_and_back = jax.jacfwd(lambda v: log_rotation(exp_rotation(v)))(phi)
    np.testing.assert_allclose(there_and_back, np.eye(3), atol=1e-9)
    second = jax.hessian(lambda v: jnp.sum(exp_rotation(v) ** 2 * jnp.arange(9.0).reshape(3, 3)))(phi)
    assert np.all(np.isfinite(second))
