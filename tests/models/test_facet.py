"""Facets: contact solved by hand, and who carries what in a whole segment."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from segment import loaded, resistance, segment, turned

from spinesim.models.anatomy import Facets
from spinesim.models.disc import mid_disc_frame
from spinesim.models.facet import facet_energies, facet_forces, lamina_forces
from spinesim.models.se3 import exp_rotation

GAP, TOE, STIFFNESS = 4e-4, 1e-4, 6e5
EXTENSION, FLEXION = (0.0, 0.0, 7.5), (0.0, 0.0, -7.5)
TORSION, BENDING = (0.0, 7.5, 0.0), (7.5, 0.0, 0.0)  # to the left, to the right


def flat():
    """Two sides facing straight ahead, so that an anterior shift is a depth."""
    points = jnp.array([[[-0.03, 0.005, z], [-0.03, -0.005, z]] for z in (0.015, -0.015)])
    return Facets(
        upper_point=points,
        lower_point=points,
        normal=jnp.array([[1.0, 0.0, 0.0]] * 2),
        gap=jnp.full(2, GAP),
        stiffness=jnp.full(2, STIFFNESS),
        toe=jnp.full(2, TOE),
        tip=jnp.array([[-0.03, -0.01, z] for z in (0.015, -0.015)]),
        lamina_normal=jnp.array([0.0, 1.0, 0.0]),
        lamina_gap=jnp.full(2, GAP),
        lamina_stiffness=jnp.full(2, STIFFNESS),
    )


def total_energy(shift):
    return jnp.sum(facet_energies(flat(), jnp.eye(3), shift))


def test_contact_solved_by_hand():
    shift = jnp.array([1e-3, 0.0, 0.0])
    force = STIFFNESS * (1e-3 - GAP - TOE / 2)
    np.testing.assert_allclose(facet_forces(flat(), jnp.eye(3), shift), [force, force], rtol=1e-12)
    np.testing.assert_allclose(jax.grad(total_energy)(shift), [2 * force, 0, 0], rtol=1e-12, atol=1e-9)


def test_standing_on_the_lamina_solved_by_hand():
    """A disc that sinks straight down brings the tips down on the laminae, and nothing else together."""
    sunk = jnp.array([0.0, -1e-3, 0.0])
    force = STIFFNESS * (1e-3 - GAP - TOE / 2)
    np.testing.assert_allclose(lamina_forces(flat(), jnp.eye(3), sunk), [force, force], rtol=1e-12)
    np.testing.assert_allclose(jax.grad(total_energy)(sunk), [0, -2 * force, 0], rtol=1e-12, atol=1e-9)


def test_bending_backwards_stands_on_the_lamina_behind():
    """The tip lies 30 mm behind the disc's centre: 3 degrees take it 1.6 mm down, forwards 1.6 mm up."""
    back, front = (exp_rotation(jnp.array([0, 0, np.deg2rad(angle)])) for angle in (3.0, -3.0))
    assert np.all(lamina_forces(flat(), back, jnp.zeros(3)) > 500)
    assert not np.any(lamina_forces(flat(), front, jnp.zeros(3)))


@pytest.mark.parametrize("shift", [0.0, -2e-3, 0.99 * GAP])
def test_apart_is_exactly_nothing(shift):
    """No force, no energy and no stiffness before contact, not even just before first touch."""
    place = jnp.array([shift, 0.0, 0.0])
    assert total_energy(place) == 0
    assert not jnp.any(facet_forces(flat(), jnp.eye(3), place))
    assert not jnp.any(jax.hessian(total_energy)(place))


@pytest.mark.parametrize("level", ["L5S1", "L3L4", "T12L1"])
def test_a_mirrored_motion_loads_the_other_side(level):
    facets = segment(level).facets
    mirror = jnp.diag(jnp.array([1.0, 1.0, -1.0]))
    rotation, shift = exp_rotation(jnp.array([0.02, 0.05, 0.03])), jnp.array([5e-4, -3e-4, 2e-4])
    right = facet_forces(facets, rotation, shift)
    left = facet_forces(facets, mirror @ rotation @ mirror, mirror @ shift)
    assert jnp.max(right) > 0
    np.testing.assert_allclose(left[::-1], right, rtol=1e-9, atol=1e-9)


def forces(level, moment):
    seg = segment(level)
    pose = loaded(seg, moment=moment)
    return np.array(facet_forces(seg.facets, *pose[:2]))


@pytest.mark.parametrize("level", ["L4L5", "L3L4", "L1L2"])
def test_pure_moments_load_the_right_joints(level):
    """Wilson 2006: torsion > extension > lateral bending; Adams 1980: nothing in flexion."""
    torsion, extension = forces(level, TORSION), forces(level, EXTENSION)
    assert not np.any(forces(level, FLEXION))
    assert torsion[0] > 30 and torsion[1] == 0  # turning left closes the right joint
    np.testing.assert_allclose(extension[0], extension[1], rtol=1e-6)
    assert torsion[0] > extension[0] > forces(level, BENDING).max()


def share(seg, pose, compression):
    """Part of a compression that the facets carry along the disc axis."""
    axis = mid_disc_frame(seg.disc, pose.rotation)[:, 1]
    normal = seg.facets.normal @ pose.rotation.T
    return -facet_forces(seg.facets, *pose[:2]) @ (normal @ axis) / compression


def test_a_lower_disc_hands_load_to_the_facets():
    """Adams 1980: some 16 percent (8 to 25) when erect after creep; Pollintine 2004: most when severe."""
    fresh = segment("L5S1")
    crept = fresh._replace(disc=replace(fresh.disc, hydration=jnp.array(0.86)))
    worn = fresh._replace(disc=replace(fresh.disc, degeneration=jnp.array(1.0)))
    shares = [share(seg, turned(seg, (0, 0, 2), 500.0), 500.0) for seg in (fresh, crept, worn)]
    assert shares[0] < 0.08 <= shares[1] < shares[2] < 0.25
    flexed = turned(crept, (0, 0, -6), 500.0)
    assert share(crept, flexed, 500.0) == 0


def test_facets_stop_the_upper_vertebra_sliding_forwards():
    seg = segment("L4L5")

    def pushed(mm):
        return resistance(seg, jnp.eye(3), jnp.array([mm * 1e-3, 0.0, 0.0]))[0]

    assert pushed(2.0) > 1.3 * -pushed(-2.0)
