"""Ligaments against a strand solved by hand and against their own energy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from segment import segment

from spinesim.models.anatomy import Ligaments
from spinesim.models.ligament import ligament_energies, strand_tension
from spinesim.models.se3 import exp_rotation

SLACK, TOE, STIFFNESS = 0.010, 0.1, 500.0


def strand():
    """One upright strand of slack length 10 mm, exactly slack at rest."""
    return Ligaments(
        ligament=("ALL",),
        upper_point=jnp.array([[0.02, 0.006, 0.0]]),
        lower_point=jnp.array([[0.02, -0.004, 0.0]]),
        slack_length=jnp.array([SLACK]),
        transition_strain=jnp.array([TOE]),
        stiffness=jnp.array([STIFFNESS]),
    )


def stretched(strain):
    return jnp.eye(3), jnp.array([0.0, strain * SLACK, 0.0])


@pytest.mark.parametrize(
    ("strain", "tension", "energy"),
    [
        (-0.1, 0.0, 0.0),
        (0.0, 0.0, 0.0),
        (0.05, STIFFNESS * 0.05**2 / (2 * TOE), STIFFNESS * SLACK * 0.05**3 / (6 * TOE)),
        (0.1, STIFFNESS * 0.05, STIFFNESS * SLACK * TOE**2 / 6),
        (0.3, STIFFNESS * 0.25, STIFFNESS * SLACK * (TOE**2 / 6 + 0.2 * (0.05 + 0.25) / 2)),
    ],
)
def test_a_strand_solved_by_hand(strain, tension, energy):
    pose = stretched(strain)
    np.testing.assert_allclose(strand_tension(strand(), *pose), [tension], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ligament_energies(strand(), *pose), [energy], rtol=1e-9, atol=1e-15)


def test_tension_has_no_kink_where_the_toe_ends():
    slope = jax.jacfwd(lambda e: strand_tension(strand(), *stretched(e))[0])
    np.testing.assert_allclose(slope(TOE - 1e-9), slope(TOE + 1e-9), rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_tension_is_the_slope_of_the_energy(seed):
    """The wrench of all strands equals the derivative of their energy."""
    ligaments = segment("L4L5").ligaments
    random = np.random.default_rng(seed)
    rotation = exp_rotation(jnp.array(random.uniform(-0.15, 0.15, 3)))
    translation = jnp.array(random.uniform(-1e-3, 1e-3, 3))
    tip = ligaments.upper_point @ rotation.T
    span = translation + tip - ligaments.lower_point
    pull = strand_tension(ligaments, rotation, translation)[:, None] * span
    pull = pull / jnp.linalg.norm(span, axis=1, keepdims=True)

    def after(step):
        turned = exp_rotation(step[3:]) @ rotation
        return jnp.sum(ligament_energies(ligaments, turned, translation + step[:3]))

    expected = jnp.concatenate([pull.sum(0), jnp.cross(tip, pull).sum(0)])
    np.testing.assert_allclose(jax.grad(after)(jnp.zeros(6)), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("level", ["L5S1", "L3L4", "T12L1"])
def test_mirrored_motion_has_the_same_energy(level):
    ligaments = segment(level).ligaments
    mirror = jnp.diag(jnp.array([1.0, 1.0, -1.0]))
    rotation, shift = exp_rotation(jnp.array([0.08, -0.05, 0.1])), jnp.array([5e-4, -3e-4, 7e-4])
    right = jnp.sum(ligament_energies(ligaments, rotation, shift))
    left = jnp.sum(ligament_energies(ligaments, mirror @ rotation @ mirror, mirror @ shift))
    np.testing.assert_allclose(left, right, rtol=1e-12)


def test_flexion_tightens_behind_and_extension_in_front():
    ligaments = segment("L4L5").ligaments
    behind = np.isin(ligaments.ligament, ["FC", "ISL", "LF", "PLL", "SSL"])

    def tensions(extension):
        return np.array(strand_tension(ligaments, exp_rotation(jnp.array([0, 0, extension])), jnp.zeros(3)))

    flexed, extended = tensions(-0.15), tensions(0.08)
    assert flexed[behind].sum() > 3 * extended[behind].sum()
    anterior = np.array(ligaments.ligament) == "ALL"
    assert extended[anterior].sum() > 100 and flexed[anterior].sum() == 0
