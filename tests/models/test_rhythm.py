"""The trunk's movement is shared out completely, in the published proportions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinesim.models import rhythm
from spinesim.models.anatomy import LEVELS

DEG = np.pi / 180
angles = st.floats(-0.5, 1.9)


def lumbar(trunk_deg):
    trunk = jnp.asarray(trunk_deg * DEG)
    return float(rhythm.lumbar_share(trunk) * trunk) / DEG


@pytest.mark.parametrize(("trunk_deg", "ratio"), [(15.0, 2.51), (105.0, 1.34)])
def test_lumbar_over_pelvic_ratio_is_the_measured_one(trunk_deg, ratio):
    np.testing.assert_allclose(lumbar(trunk_deg) / (trunk_deg - lumbar(trunk_deg)), ratio, rtol=1e-12)


def test_full_flexion_lies_within_one_standard_deviation_of_the_measured_maxima():
    full = 60.2 + 53.0
    assert abs(lumbar(full) - 60.2) < 8.6
    assert abs(full - lumbar(full) - 53.0) < 5.2


def test_both_lumbar_spine_and_pelvis_keep_turning_forward():
    steps = np.diff([lumbar(angle) for angle in np.arange(-30.0, 121.0, 5.0)])
    assert np.all(steps > 0) and np.all(steps < 5.0)


def test_rhythm_has_no_corner_but_where_the_trunk_is_upright():
    slope = jax.vmap(jax.grad(lambda a: rhythm.lumbar_share(a) * a))
    at = jnp.linspace(-0.4, 1.9, 400)
    assert float(jnp.max(jnp.abs(jnp.diff(slope(at))))) < 0.01


@given(angles, angles, angles)
@settings(max_examples=20, deadline=None)
def test_levels_add_up_to_the_whole_movement(flexion, bending, rotation):
    levels = rhythm.spread(*(jnp.asarray(a) for a in (flexion, bending, rotation)))
    np.testing.assert_allclose(jnp.sum(levels, axis=0), [bending, rotation, -flexion], atol=1e-12)


def test_lumbar_levels_flex_in_the_published_shares():
    share = dict(zip(LEVELS, rhythm.FLEXION, strict=True))
    below = np.array([share[level] for level in ("L1L2", "L2L3", "L3L4", "L4L5", "L5S1")])
    np.testing.assert_allclose(below / below.sum(), [0.15, 0.17, 0.19, 0.23, 0.26], atol=0.006)
