"""Abdominal pressure: struts that push on two bodies alike, with effects that switch off one by one."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.abdomen import pressure_gain
from spinesim.models.groups import members
from spinesim.models.mechanics import bracing
from tests.placing import column, place

STILL = jnp.zeros((6, 3))


def pressed(model, posture, **switches):
    """Rows per pascal with some effects switched [N/Pa, N m/Pa]: force and moment of every level."""
    abdomen = dataclasses.replace(model.abdomen, **{key: jnp.array(on) for key, on in switches.items()})
    body = eqx.tree_at(lambda m: m.abdomen, model, abdomen)
    placed = place(body, ss.Task(posture))
    rows = column(placed, STILL)
    return rows.force[-1], rows.moment[-1, :6], bracing(body, placed), placed


def test_the_strut_lifts_the_thorax_by_pressure_times_area(model):
    force, *_ = pressed(model, ss.Posture.standing(), fascia=0.0)
    size = jnp.linalg.norm(force, axis=1)
    np.testing.assert_allclose(size, model.abdomen.diaphragm_area, rtol=1e-12)
    assert jnp.all(force[:, 1] > 0)


def test_the_offset_strut_extends_the_spine_and_the_follower_does_not_bend_it(model):
    posture = ss.Posture.standing()
    _, straight, _, _ = pressed(model, posture, fascia=0.0)
    force, following, _, _ = pressed(model, posture, fascia=0.0, extension=0.0)
    assert jnp.all(straight[:, 2] > 0)
    np.testing.assert_allclose(following, 0.0, atol=1e-15)
    np.testing.assert_allclose(jnp.linalg.norm(force, axis=1), model.abdomen.diaphragm_area, rtol=1e-12)


def test_the_fascia_extends_and_compresses(model):
    force, moment, *_ = pressed(model, ss.Posture.flexed(30), unloading=0.0, extension=0.0)
    assert jnp.all(moment[:, 2] > 0) and jnp.all(force[:, 1] < 0)


def test_everything_off_is_nothing(model):
    off = dict.fromkeys(("unloading", "extension", "fascia", "stiffening"), 0.0)
    for part in pressed(model, ss.Posture.bent(15), **off)[:3]:
        np.testing.assert_allclose(part, 0.0, atol=1e-17)


@pytest.mark.parametrize("posture", [ss.Posture.bent(15), ss.Posture.flexed(40), ss.Posture.twisted(8)])
def test_bracing_straightens(model, posture):
    """Against the rotation of every level: its power on it is negative."""
    _, _, brace, placed = pressed(model, posture)
    for level in range(6):
        local = placed.frames.rotation[level].T @ brace[level]
        turn = placed.level_rotation[level]
        skew = jnp.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
        assert local @ skew < 0


def test_only_the_abdominal_wall_makes_pressure_and_all_of_it_the_limit(model):
    gain, wall = pressure_gain(model), np.array(members(model.fascicles, "abdominals"))
    assert np.all(gain[~wall] == 0) and np.all(gain >= 0)
    np.testing.assert_allclose(jnp.sum(gain), model.abdomen.limit, rtol=1e-12)
