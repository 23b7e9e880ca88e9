"""The wrench and stiffness written out by hand against the derivatives of the energies."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from segment import MODEL

from spinesim.models.anatomy import LEVELS
from spinesim.models.mechanics import joint_wrench, tissue_energies
from spinesim.models.passive import turned, wrenches_and_stiffness
from spinesim.models.se3 import exp_rotation, log_rate, log_rotation


@pytest.fixture(scope="module")
def poses():
    """Rotation vectors to 15 degrees and displacements to 2 mm, the neutral pose first."""
    random = np.random.default_rng(7)
    turns = random.uniform(-0.26, 0.26, (40, 3))
    shifts = random.uniform([-2e-3, -2.5e-3, -2e-3], [2e-3, 1e-3, 2e-3], (40, 3))
    turns[0], turns[1], shifts[0] = 0, 1e-6, 0
    return jnp.array(turns), jnp.array(shifts)


def automatic(tissues, rotation, translation):
    def wrench(shift):
        return joint_wrench(lambda r, t: tissue_energies(tissues, r, t), rotation, shift)

    return wrench(translation), jnp.sum(jax.jacfwd(wrench)(translation), axis=0)


def test_twins_equal_their_energies(poses):
    """To rounding, at every level, with a worn and a dry disc among them."""
    wear = jnp.linspace(0, 1, len(LEVELS))
    discs = replace(MODEL.discs, degeneration=wear, hydration=1.1 - 0.2 * wear)
    tissues = (discs, MODEL.ligaments, MODEL.facets)
    level = np.arange(40) % len(LEVELS)
    cases = jax.tree.map(lambda leaf: leaf[level], tissues)

    def both(tissues, turn, shift):
        rotation = exp_rotation(turn)
        return wrenches_and_stiffness(turned(tissues, rotation), shift), automatic(tissues, rotation, shift)

    by_hand, expected = jax.jit(jax.vmap(both))(cases, *poses)
    for hand, auto in zip(by_hand, expected, strict=True):
        np.testing.assert_allclose(hand, auto, atol=1e-11 * np.abs(auto).max())


def test_the_rotation_vector_follows_a_small_rotation(poses):
    def turned(turn):
        return jax.jacfwd(lambda step: log_rotation(exp_rotation(step) @ exp_rotation(turn)))(jnp.zeros(3))

    np.testing.assert_allclose(jax.vmap(log_rate)(poses[0]), jax.vmap(turned)(poses[0]), atol=1e-9)
