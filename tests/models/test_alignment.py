"""Sagittal angles: sums that must hold and the ranges that people have."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spinesim as ss
from spinesim.models.alignment import alignment
from spinesim.models.build_muscles import BACK
from spinesim.models.incidence import incidence, sacral_plate, with_incidence
from spinesim.models.kinematics import FEMURS, upright_frames
from spinesim.models.ligament import strand_strain
from spinesim.models.mechanics import SPINE, tissue_energies
from spinesim.models.muscle import fibre_geometry
from spinesim.models.se3 import about_z
from tests.placing import column, place

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


@given(st.floats(35, 85))
@settings(max_examples=10, deadline=None)
def test_another_incidence_sets_hip_bones_and_sacrum(degrees):
    """By the angle itself, from plate and hips; the hips keep their distance, L5 its place.

    Of every degree L5/S1 and the lower end of L5 take 0.24 (Dominguez et al. 2016).
    """
    turned = ss.lumbar_model(pelvic_incidence_deg=degrees)
    (middle, normal), (own_middle, own_normal) = sacral_plate(turned), sacral_plate(MODEL)
    hips, own = (body.bodies.joint[np.array(FEMURS)] for body in (turned, MODEL))
    up = middle - jnp.mean(hips, axis=0)
    cosine = up @ normal / jnp.linalg.norm(up)
    np.testing.assert_allclose(jnp.rad2deg(jnp.arccos(cosine)), degrees, atol=1e-9)
    np.testing.assert_allclose(
        jnp.linalg.norm(hips - middle, axis=1), jnp.linalg.norm(own - own_middle, axis=1), rtol=1e-12
    )
    np.testing.assert_array_equal(turned.bodies.joint[1:8], MODEL.bodies.joint[1:8])
    change = jnp.deg2rad(degrees) - incidence(MODEL)
    steeper = jnp.arcsin(own_normal[1] * normal[0] - own_normal[0] * normal[1])
    np.testing.assert_allclose(steeper, 0.24 * change, atol=1e-12)
    found = alignment(turned, upright_frames(turned, ss.Posture.standing()))
    assert abs(found.pelvic_incidence - found.pelvic_tilt - found.sacral_slope) < 1e-12
    np.testing.assert_allclose(found.pelvic_incidence, np.radians(degrees), atol=1e-12)
    lordosis = alignment(MODEL, upright_frames(MODEL, ss.Posture.standing())).lumbar_lordosis
    np.testing.assert_allclose(found.lumbar_lordosis - lordosis, 0.24 * change, atol=1e-12)


def test_nothing_is_strained_by_another_incidence():
    """Neither tissue at rest, which turns as one, nor fibres in the neutral posture, which grow."""
    turned = ss.lumbar_model(pelvic_incidence_deg=75)
    rest = jnp.eye(3), jnp.zeros(3)
    for before, after in zip(*(_at_rest(body, *rest) for body in (MODEL, turned)), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-12)
    neutral = ss.Task(ss.Posture.from_degrees(pelvis_deg=(0, 0, 0), levels_deg=np.zeros((6, 3))))
    stretch, own = (_stretch(body, neutral) for body in (turned, MODEL))
    straight = np.array([group in BACK for group in MODEL.fascicles.group])
    np.testing.assert_allclose(stretch[straight], own[straight], rtol=1e-6)
    assert np.abs(turned.fascicles.optimal_length / MODEL.fascicles.optimal_length - 1).max() > 0.01


def _at_rest(body, rotation, translation):
    tissues = body.discs, body.ligaments, body.facets
    strains = jax.vmap(strand_strain, in_axes=(0, None, None))(body.ligaments, rotation, translation)
    energies = jax.vmap(tissue_energies, in_axes=(0, None, None))(tissues, rotation, translation)
    bent = jax.vmap(tissue_energies, in_axes=(0, None, None))(
        tissues, about_z(jnp.asarray(-0.1)), translation
    )
    return strains, energies, bent


def _stretch(body, task):
    placed = place(body, task)
    length = column(placed, jnp.zeros((SPINE, 3))).length[:-1]
    return fibre_geometry(body.fascicles, length)[0]


def test_hip_muscles_go_with_the_hip_bones_and_the_sacral_ones_stay():
    """What ends on thigh and hip bone keeps its length where the thigh turns along."""
    turned = ss.lumbar_model(pelvic_incidence_deg=60)
    hip = jnp.asarray([group not in ("psoas_major", "piriformis") for group in MODEL.fascicles.group], float)
    hip = hip * jnp.asarray([not name.startswith("glmax3") for name in MODEL.fascicles.name], float)
    moments = [
        ss.passive_hip_moment(eqx.tree_at(lambda m: m.fascicles.passive_force, body, force * hip), 60.0)
        for body in (turned, MODEL)
        for force in (body.fascicles.passive_force,)
    ]
    assert jnp.all(jnp.abs(moments[0]) > 1)
    np.testing.assert_allclose(*moments, rtol=1e-9)
    moved = np.any(turned.paths.position != MODEL.paths.position, axis=1)
    names = np.array(MODEL.fascicles.name)[np.array(MODEL.paths.fascicle)]
    moving = set(names[moved])
    assert {"iliacus_r", "bflh_l", "glmed1_r", "IL_L4_r", "IO1_l", "rect_abd_r"} <= moving
    sacral = jnp.linalg.norm(turned.paths.position - MODEL.bodies.joint[1], axis=1)
    own = jnp.linalg.norm(MODEL.paths.position - MODEL.bodies.joint[1], axis=1)
    for name in ("MF_m3s_r", "LTpT_T7_l", "MF_m5t.1_l"):
        np.testing.assert_allclose(sacral[names == name], own[names == name], rtol=1e-12)


def test_its_own_incidence_leaves_a_body_as_it_is():
    same = with_incidence(MODEL, incidence(MODEL))
    for before, after in zip(jax.tree.leaves(MODEL), jax.tree.leaves(same), strict=True):
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-15)


@pytest.mark.parametrize("degrees", [20, 95, float("nan")])
def test_an_incidence_that_nobody_has_is_refused(degrees):
    with pytest.raises(ValueError, match="pelvic_incidence_deg must lie between 30 and 90"):
        ss.lumbar_model(pelvic_incidence_deg=degrees)


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
