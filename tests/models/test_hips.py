"""Passive hip moments: the measured ones, and what tightness adds to them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss

ANGLES_DEG = jnp.array([-20.0, 0.0, 20.0, 60.0, 90.0])


def moments(model, knee_flexion_deg=0.0):
    at = jax.vmap(ss.passive_hip_moment, in_axes=(None, 0, None))
    return np.asarray(at(model, ANGLES_DEG, knee_flexion_deg))


def test_a_bent_hip_is_pulled_back_by_the_hamstrings(model):
    """About -50 N m at 90 degrees with a straight knee and -10 with a bent one (Riener and Edrich 1999)."""
    straight, bent = moments(model)[-1], moments(model, 90.0)[-1]
    assert np.all((-60 < straight) & (straight < -40)) and np.all((-15 < bent) & (bent < -5))


def test_both_sides_are_alike(model):
    np.testing.assert_allclose(*moments(model).T, rtol=1e-9, atol=1e-9)


def test_tight_flexors_flex_the_hip_of_their_side_most_when_it_is_extended(model):
    added = moments(ss.Imbalance(tight={"hip_flexors_l": 0.05}).apply(model)) - moments(model)
    assert np.all(added[:, 0] == 0) and np.all(np.diff(added[:, 1]) < 0) and np.all(added[:2, 1] > 1)


def test_no_passive_force_no_moment(model):
    slack = eqx.tree_at(
        lambda m: m.fascicles.passive_force, model, jnp.zeros_like(model.fascicles.passive_force)
    )
    assert not np.any(moments(slack))


def test_angles_have_a_range(model):
    with pytest.raises(ValueError, match="hip_flexion_deg must lie between -40 and 130"):
        ss.passive_hip_moment(model, 200.0)
