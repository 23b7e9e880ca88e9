"""The ligamentous column: laws of statics, closed forms, symmetry and derivatives."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.models.build import lumbar_model
from spinesim.solvers.column import bench_load, column, internal_energy, load_potential
from spinesim.solvers.column_rest import along_path, settle
from spinesim.solvers.solution import Status

MODEL = lumbar_model()
SPINE, DISC = column(MODEL), column(MODEL, "L4L5", "L4L5")
MIRROR = np.array([-1.0, -1.0, 1.0])  # of a moment or a rotation vector, left and right exchanged
#: The compiled solve runs for milliseconds: optimising its machine code would take minutes.
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}


def quick(function):
    return jax.jit(function, compiler_options=QUICK)


@pytest.fixture(scope="module")
def bent():
    """moment, follower -> the column L1-S1 at rest, unloaded, under the follower alone and under both."""
    solve = quick(
        jax.vmap(
            lambda moment, follower: along_path(SPINE, bench_load(SPINE, moment=moment, follower=follower))
        )
    )
    moments = np.array([[0, 0, 0], [0, 0, -10], [0, 0, 10], [8, 3, 2], [-8, -3, 2], [0, 0, 0]], float)
    return moments, solve(jnp.array(moments), jnp.array([0, 0, 0, 300, 300, 1200], float))


@pytest.fixture(scope="module")
def pressed():
    """disc, load -> one segment at rest."""
    return quick(settle)


def test_every_case_is_at_rest(bent):
    _, end = bent
    assert np.all(np.asarray(end.loaded.status == Status.converged))
    assert np.max(end.loaded.steps) < 30


def test_a_pure_moment_reaches_every_level_alike(bent):
    """Action and reaction: tissues of every level hand on the same moment, in flexion and extension."""
    moments, end = bent
    wrench = jax.jit(jax.vmap(jax.grad(internal_energy, 1), in_axes=(None, 0)))(SPINE, end.loaded.strain)
    for case in (1, 2):
        np.testing.assert_allclose(wrench[case, :, 5], moments[case, 2], atol=1e-6)
        np.testing.assert_allclose(wrench[case, :, :3], 0, atol=1e-4)


def test_work_of_the_load_is_the_energy_stored(bent):
    """A moment raised in small steps does work M dphi; the midpoint rule over two halves brackets it."""
    moments, end = bent
    work = moments[1, 2] * (end.loaded.top_rotation[1, 2] - end.rest.top_rotation[1, 2])
    stored = end.loaded.energy[1] - end.rest.energy[1]
    assert 0.3 * work < stored < 0.7 * work


def test_a_mirrored_load_gives_a_mirrored_column(bent):
    _, end = bent
    state = end.loaded
    np.testing.assert_allclose(state.rotation[4], state.rotation[3] * MIRROR, atol=1e-8)
    np.testing.assert_allclose(state.facet_force[4, :, ::-1], state.facet_force[3], atol=1e-4)
    np.testing.assert_allclose(state.disc_lateral_shear[4], -state.disc_lateral_shear[3], atol=1e-4)


def test_a_follower_load_along_its_path_turns_nothing(bent):
    """Patwardhan 1999: 1200 N carried along the curve of the spine."""
    _, end = bent
    turned = np.rad2deg(end.alone.rotation - end.rest.rotation)
    assert np.abs(turned).max() < 2.0
    assert end.alone.least_stiffness[5] > 0
    np.testing.assert_allclose(
        end.loaded.disc_compression[5] / (1 - end.loaded.facet_share[5]), 1200, rtol=0.1
    )


def test_a_soft_disc_obeys_hooke(pressed):
    """Without ligaments, facets, hardening and preload stiffening the segment is linear in bending."""
    linear = replace(
        DISC.discs,
        rotation_hardening=jnp.zeros((1, 3)),
        preload_gain=jnp.zeros(1),
        coupling=jnp.zeros((1, 2)),
    )
    soft = eqx.tree_at(
        lambda c: (c.discs, c.ligaments.stiffness, c.facets.stiffness, c.facets.lamina_stiffness),
        DISC,
        (
            linear,
            *(0 * x for x in (DISC.ligaments.stiffness, DISC.facets.stiffness, DISC.facets.lamina_stiffness)),
        ),
    )
    state = pressed(soft, bench_load(soft, moment=jnp.array([0.0, 0.0, -2.0])))
    expected = -2.0 / linear.rotation_stiffness[0, 2]
    np.testing.assert_allclose(state.rotation[0, 2], expected, rtol=1e-6)
    np.testing.assert_allclose(state.disc_moment[0, 2], -2.0, rtol=1e-6)
    np.testing.assert_allclose(state.energy, expected**2 * linear.rotation_stiffness[0, 2] / 2, rtol=1e-6)


def test_a_clamp_holds_its_angle(pressed):
    turned = jnp.array([0.0, 0.0, np.deg2rad(-5.0)])
    state = pressed(DISC, bench_load(DISC, turned=turned))
    np.testing.assert_allclose(state.top_rotation, turned, atol=2e-4)


def test_rails_leave_the_frontal_plane_free(pressed):
    """Pushed forward and to the right with a twist and a bend: only what lies in the plane gives way."""
    push = bench_load(
        DISC, force=jnp.array([50.0, 0.0, 50.0]), moment=jnp.array([1.0, 1.0, 1.0]), railed=True
    )
    state = pressed(DISC, push)
    np.testing.assert_allclose(state.top_rotation[1:], 0, atol=1e-4)
    assert abs(state.translation[0, 0]) < 1e-4 < state.translation[0, 2] and state.top_rotation[0] > 1e-3


def test_derivatives_equal_differences():
    """Of the rotations in the moment and in a tissue number, by the implicit function theorem."""

    def extension(moment, gap):
        segment = replace(DISC, facets=replace(DISC.facets, lamina_gap=gap * DISC.facets.lamina_gap))
        load = bench_load(segment, moment=jnp.array([0.0, 0.0, 1.0]) * moment)
        return settle(segment, load).rotation[0, 2]

    values, slopes = quick(extension), quick(jax.jacfwd(extension, (0, 1)))
    point, step = (10.0, 1.0), 2e-4  # well on the laminae, where the bedding-in is over
    for which, slope in enumerate(slopes(*point)):
        high, low = (values(*(p + s * step * (i == which) for i, p in enumerate(point))) for s in (1, -1))
        np.testing.assert_allclose(slope, (high - low) / (2 * step), rtol=1e-4)


def test_the_potential_of_a_load_is_minus_its_work():
    """A dead force on the top body, moved straight up, loses force times way."""
    load = bench_load(DISC, force=jnp.array([0.0, -100.0, 0.0]))
    up = jnp.zeros((1, 6)).at[0, 1].set(1e-3)
    np.testing.assert_allclose(
        load_potential(DISC, load, up) - load_potential(DISC, load, 0 * up), 0.1, rtol=1e-9
    )
