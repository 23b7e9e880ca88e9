"""Ligaments of the hips: the measured moment of an extended hip, its energy, and what it stops."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.exercise.screen.hips import passive_moment
from spinesim.models.hip_ligament import (
    femurs,
    hip_flexion,
    ligament_energy,
    ligament_moment,
    ligament_stiffness,
)
from spinesim.models.se3 import exp_rotation, joint_rotation
from tests.placing import place


def thighs(*degrees):
    """Rotations of two thighs in pelvis axes: bending, turning, flexion."""
    return jax.vmap(joint_rotation)(jnp.radians(jnp.asarray(degrees, float)))


@pytest.mark.parametrize("extension", [10.0, 20.0, 30.0])
def test_muscles_and_ligaments_gain_the_measured_moment_of_extension(model, extension):
    """Within 2 N m of 6 to 39 from neutral on: the measured hip is not free of moment there, ours is."""
    ligament = ligament_moment(model, thighs((0, 0, -extension), (0, 0, -extension)))[0, 2]
    muscles = ss.passive_hip_moment(model, -extension)[0] - ss.passive_hip_moment(model, 0.0)[0]
    measured = passive_moment(jnp.array([-extension, 0.0]), 0.0)
    assert abs(muscles + ligament - (measured[0] - measured[1])) < 2.0


def test_a_flexed_spread_and_turned_hip_is_free(model):
    assert not np.any(ligament_moment(model, thighs((20, 30, 40), (-30, 0, 0.1))))


@pytest.mark.parametrize("angles", [((10, 5, -20), (0, 0, -35)), ((-25, 20, -5), (30, -15, -40))])
def test_the_moment_is_minus_the_slope_of_the_energy(model, angles):
    at = thighs(*angles)

    def energy(turn):
        return jnp.sum(ligament_energy(model, jax.vmap(exp_rotation)(turn) @ at))

    np.testing.assert_allclose(
        ligament_moment(model, at), -jax.grad(energy)(jnp.zeros((2, 3))), rtol=1e-12, atol=1e-12
    )


def test_the_stiffness_is_the_slope_of_the_moment(model):
    def moment(extension):
        turned = joint_rotation(jnp.array([0.0, 0.0, -extension]))
        return ligament_moment(model, jnp.stack([turned, turned]))[0, 2]

    at = jnp.radians(25.0)
    turned = thighs((0, 0, -25), (0, 0, -25))
    np.testing.assert_allclose(ligament_stiffness(model, turned)[0], jax.grad(moment)(at), rtol=1e-12)


@pytest.mark.parametrize("incidence", [40.0, 60.0])
def test_a_thigh_under_neutral_hip_bones_is_neutral_whatever_the_incidence(incidence):
    """The hip bones have turned about the sacrum, to which the frame of the pelvis belongs."""
    body = ss.lumbar_model(pelvic_incidence_deg=incidence)
    straight = ss.Posture.from_degrees(pelvis_deg=(0, 0, -np.degrees(float(body.iliac_turn))), balance=(0, 0))
    hips = hip_flexion(body, femurs(place(body, ss.Task(straight)).frames))
    np.testing.assert_allclose(hips, 0.0, atol=1e-12)


def test_sides_mirror(model):
    right, left = ligament_moment(model, thighs((10, 5, -20), (-10, -5, -20)))
    np.testing.assert_allclose(right * np.array([-1, -1, 1]), left, rtol=1e-12)


def test_who_leans_back_under_a_load_stops_where_hips_do(model):
    """Without them the pelvis turned by 69 degrees under 60 kg at arm's length, and that was an answer."""
    task = ss.task("hold_far")
    heavy = eqx.tree_at(lambda t: t.loads.hand_mass, task, jnp.array([20.0, 20.0]))
    found = ss.predict_posture(model, heavy)
    hips = np.degrees(hip_flexion(model, femurs(place(model, found.task).frames)))
    assert found.status == ss.Status.converged and np.all(hips > -30.0)
    far = eqx.tree_at(lambda t: t.loads.hand_mass, task, jnp.array([30.0, 30.0]))
    assert ss.predict_posture(model, far).status != ss.Status.converged
