"""Rows of the balance against their definitions: what crosses a joint, and what a hinge hands on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.kinematics import shifts
from spinesim.models.mechanics import (
    ABOVE,
    HINGES,
    SPINE,
    contact_wrenches,
    hand_on,
    hinge_centres,
    hinge_rates,
    resultants,
    tissue_energies,
    tissue_wrenches,
    turned_tissues,
)
from spinesim.models.paths import fascicle_lengths
from tests.placing import column, place

TRANSLATION = jnp.asarray(1e-3 * np.random.default_rng(0).normal(size=(SPINE, 3)))


@pytest.fixture(scope="module")
def placed(model):
    return place(model, ss.Task(ss.Posture.twisted(8), hand_load_kg=(6.0, 0.0)))


def test_force_rows_are_minus_the_slope_of_length(model, placed):
    """A unit of tension pulls the levels along the way that shortens the path."""
    rows = column(placed, TRANSLATION)
    slope = jax.jacfwd(lambda t: column(placed, t).length)(TRANSLATION)
    np.testing.assert_allclose(rows.force, -slope, rtol=0, atol=1e-12)


def test_lengths_are_those_of_the_paths(model, placed):
    """Fascicles only: the last owner is the pressure."""
    muscle = column(placed, TRANSLATION).length
    found = fascicle_lengths(placed.segments, shifts(TRANSLATION))
    np.testing.assert_allclose(muscle, found, rtol=0, atol=1e-14)


def test_handing_on_is_the_transpose_of_following(placed):
    random = np.random.default_rng(1)
    moment = jnp.asarray(random.normal(size=(len(HINGES), 3, 1)))
    rate = jnp.asarray(random.normal(size=(len(HINGES) - 1, 3)))
    work = jnp.vdot(jnp.concatenate(hand_on(placed, moment))[..., 0], rate)
    np.testing.assert_allclose(work, jnp.vdot(moment[..., 0], hinge_rates(placed, rate)), rtol=1e-13)


def test_resultants_sum_what_hangs_beyond_about_a_moving_centre(model, placed):
    """A force at the origin of each body, one at a time."""
    force, moment = placed.wrenches.total()
    rows = resultants(placed, TRANSLATION, force, moment)
    centre = hinge_centres(placed, TRANSLATION)
    origin = placed.frames.origin + shifts(TRANSLATION)
    for level in range(SPINE):
        beyond = [body for body in range(level + 1, 12)]
        arms = origin[jnp.array(beyond)] - centre[level]
        there = jnp.array(beyond)
        total = jnp.sum(moment[there] + jnp.cross(arms, force[there]), axis=0)
        np.testing.assert_allclose(rows.moment[level], total, rtol=0, atol=1e-10)
        np.testing.assert_allclose(rows.force[level], jnp.sum(force[there], axis=0), rtol=0, atol=1e-10)
    about_pelvis = jnp.sum(moment + jnp.cross(origin, force), axis=0)
    np.testing.assert_allclose(rows.whole_moment, about_pelvis, rtol=0, atol=1e-10)


def test_forces_at_contacts_keep_their_sum_and_moment(model, placed):
    force = jnp.asarray(np.random.default_rng(2).normal(size=(len(model.contacts.name), 3)))
    on_body, moment = contact_wrenches(model, placed, force)
    whole = jnp.sum(moment + jnp.cross(placed.frames.origin, on_body), axis=0)
    about_pelvis = jnp.sum(jnp.cross(placed.reactions.point, force), axis=0)
    np.testing.assert_allclose(jnp.sum(on_body, axis=0), jnp.sum(force, axis=0), atol=1e-13)
    np.testing.assert_allclose(whole, about_pelvis, atol=1e-12)


def test_tissues_pull_as_their_energies_fall_and_stiffen_as_their_wrenches_turn(model, placed):
    lower = placed.frames.rotation[:SPINE]
    tissues = (model.discs, model.ligaments, model.facets)

    def energies(translation):
        local = jnp.einsum("jba,jb->ja", lower, translation)
        return jnp.sum(jax.vmap(tissue_energies)(tissues, placed.level_rotation, local), axis=0)

    held = turned_tissues(model, placed)

    def wrench(translation):
        return jnp.sum(tissue_wrenches(held, placed, translation)[0], axis=1)

    @jax.jit
    def at(translation):
        told = tissue_wrenches(held, placed, translation)
        return told, jax.jacrev(energies)(translation), jax.jacfwd(wrench)(translation)

    (pull, stiffness), slope, turned = at(TRANSLATION)
    np.testing.assert_allclose(jnp.moveaxis(pull[..., :3], 1, 0), -slope, rtol=0, atol=1e-9)
    own = np.arange(SPINE)
    np.testing.assert_allclose(stiffness, turned[own, :, own], rtol=0, atol=1e-6)


def test_a_disc_carries_the_levels_above_it_and_not_itself():
    np.testing.assert_array_equal(ABOVE[:SPINE] + ABOVE[:SPINE].T + np.eye(SPINE), np.ones((SPINE, SPINE)))
    assert np.all(np.triu(ABOVE[:SPINE]) == ABOVE[:SPINE]) and not np.any(ABOVE[SPINE:])
