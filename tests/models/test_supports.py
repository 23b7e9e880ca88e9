"""Supports push and rub within Coulomb's cone, on the contacts that were named."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from spinesim.models import supports, tables
from spinesim.models.supports import cone_projection, frame

forces = st.tuples(*3 * [st.floats(-800, 800)]).map(jnp.array)


@given(forces)
@settings(max_examples=60, deadline=None)
def test_projection_is_the_nearest_force_of_the_cone(y):
    """Moreau: y = p - q with p and q both in the cone, which is its own dual, and p at right angles to q."""
    force, _ = cone_projection(y)
    rest = force - y
    slack = 1e-12 * (1 + jnp.linalg.norm(y))
    assert jnp.hypot(force[1], force[2]) <= force[0] + slack
    assert jnp.hypot(rest[1], rest[2]) <= rest[0] + slack
    assert abs(force @ rest) <= slack * (1 + jnp.linalg.norm(y))


@given(forces, forces)
@example(jnp.array([1.0, 0.0, 0.0]), jnp.array([1.0, 3.405482524500358e-05, 0.0]))
@settings(max_examples=30, deadline=None)
def test_projection_brings_no_two_forces_farther_apart(one, other):
    apart = jnp.linalg.norm(cone_projection(one)[0] - cone_projection(other)[0])
    rounding = 1e-14 * (jnp.linalg.norm(one) + jnp.linalg.norm(other))  # that of forces, however near
    assert apart <= jnp.linalg.norm(one - other) + rounding


@given(forces)
@settings(max_examples=40, deadline=None)
def test_returned_derivative_is_that_of_the_force(y):
    assume(abs(abs(y[0]) - jnp.hypot(y[1], y[2])) > 1e-6)  # the surface has a corner
    want = jax.jacfwd(lambda at: cone_projection(at)[0])(y)
    np.testing.assert_allclose(cone_projection(y)[1], want, atol=1e-9)


@pytest.mark.parametrize("y", [(0, 0, 0), (1, 0, 0), (-1, 0, 0), (1, 1, 0), (-1, 1, 0), (0, 1e-300, 0)])
def test_derivative_is_finite_at_apex_axis_and_surface(y):
    assert np.all(np.isfinite(cone_projection(jnp.array(y, dtype=float))[1]))


normals = st.tuples(st.floats(-1, 1), st.floats(-0.5, 1), st.floats(-1, 1))


@given(normals.filter(lambda normal: np.linalg.norm(normal) > 0.6))
@settings(max_examples=40, deadline=None)
def test_frame_is_a_right_handed_rotation_that_starts_with_the_normal(direction):
    normal = jnp.array(direction) / np.linalg.norm(direction)
    rows = frame(normal)
    np.testing.assert_array_equal(rows[0], normal)
    np.testing.assert_allclose(rows @ rows.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(jnp.linalg.det(rows), 1.0, atol=1e-12)


def test_frame_stands_upright_and_survives_upside_down():
    np.testing.assert_array_equal(frame(jnp.array([0.0, 1.0, 0.0])), [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    upside_down = frame(jnp.array([0.0, -1.0, 0.0]))
    np.testing.assert_allclose(upside_down @ upside_down.T, np.eye(3), atol=1e-12)


def active(made):
    return {name for name, on in zip(tables.contact_names(), made.active, strict=True) if on}


def test_one_foot_and_the_other_make_two():
    right, left = supports.one_foot("r"), supports.one_foot("l")
    assert active(right) | active(left) == active(supports.two_feet())
    assert not active(right) & active(left)
    both = supports.together(right, left)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, both, supports.two_feet()))


def test_side_lying_is_mirrored_but_for_the_pillow():
    swap = {"r": "l", "l": "r"}
    mirrored = {name[:-1] + swap[name[-1]] for name in active(supports.side_lying("r"))}
    assert mirrored == active(supports.side_lying("l"))


def test_back_rest_pushes_at_right_angles_to_its_recline():
    made = supports.seat_with_back(jnp.asarray(0.3))
    row = tables.contact_names().index("scapula_r")
    back = jnp.array([-np.sin(0.3), np.cos(0.3), 0.0])
    np.testing.assert_allclose(made.normal[row] @ back, 0.0, atol=1e-15)
    assert made.normal[row, 0] > 0


def test_only_what_is_held_rubs():
    made = supports.seat()
    assert np.all((np.asarray(made.friction) > 0) == (np.asarray(made.active) > 0))


@pytest.mark.parametrize(
    ("ask", "near"),
    [
        (lambda: supports.one_foot("right"), "'r'"),
        (lambda: supports.rest("ischum", on="cloth_on_floor"), "ischium_r"),
        (lambda: supports.rest("ischium", on="cloth_on_flor"), "cloth_on_floor"),
    ],
)
def test_unknown_words_meet_their_nearest(ask, near):
    with pytest.raises(ValueError, match=near):
        ask()
