"""Sagittal angles: sums that must hold and the ranges that people have."""

import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import spinesim as ss
from spinesim.models.alignment import alignment
from spinesim.models.kinematics import upright_frames

MODEL = ss.lumbar_model()


def angles(posture):
    return alignment(MODEL, upright_frames(MODEL, posture))


def tilted(degrees):
    """Standing with the pelvis rolled backward."""
    return ss.Posture.from_degrees(pelvis_deg=(0.0, 0.0, degrees))


@given(st.floats(-40, 60))
@settings(max_examples=15, deadline=None)
def test_incidence_is_the_bodys_own_and_tilt_and_slope_share_it(roll):
    upright, rolled = angles(tilted(0.0)), angles(tilted(roll))
    np.testing.assert_allclose(rolled.pelvic_incidence, upright.pelvic_incidence, atol=1e-12)
    np.testing.assert_allclose(rolled.pelvic_tilt - upright.pelvic_tilt, jnp.deg2rad(roll), atol=1e-12)
    np.testing.assert_allclose(rolled.sacral_slope - upright.sacral_slope, -jnp.deg2rad(roll), atol=1e-12)


@given(st.floats(-20, 50))
@settings(max_examples=15, deadline=None)
def test_lordosis_is_lost_by_flexion_of_the_five_levels_below_l1(flexion):
    still, bent = ss.Posture.standing(), ss.Posture.sitting(lumbar_flexion_deg=flexion)
    lost = jnp.sum(still.levels[:5, 2]) - jnp.sum(bent.levels[:5, 2])
    np.testing.assert_allclose(angles(still).lumbar_lordosis - angles(bent).lumbar_lordosis, lost, atol=1e-12)


def test_standing_is_within_the_range_of_healthy_adults():
    """Mean and two standard deviations of Vialle et al. (2005): 55 (11), 13 (6), 41 (8), 60 (10) degrees."""
    found = angles(ss.Posture.standing())
    published = {
        "pelvic_incidence": (55, 11),
        "pelvic_tilt": (13, 6),
        "sacral_slope": (41, 8),
        "lumbar_lordosis": (60, 10),
    }
    for name, (mean, spread) in published.items():
        assert abs(float(jnp.rad2deg(getattr(found, name))) - mean) < 2 * spread, name
