"""Movements by name: from a posture that is known to one that is known, its supports as the table says."""

import equinox as eqx
import jax
import numpy as np
import pytest

import spinesim as ss
from spinesim.models import supports as on
from spinesim.models import tables
from spinesim.scenarios.movements import _HOLDS, MOVEMENTS, frame

NAMES = {
    "flexion", "sit_to_stand", "stoop_lift", "squat_lift", "single_leg_stance", "side_bend",
    "prone_hip_extension", "bird_dog",
}  # fmt: skip


def same(one, other):
    return all(
        np.allclose(*pair, atol=1e-14) for pair in zip(*map(jax.tree.leaves, (one, other)), strict=True)
    )


def test_the_catalogue_is_complete_and_runs_from_0_to_1():
    assert set(MOVEMENTS) == NAMES
    for keys in MOVEMENTS.values():
        phases = [key.phase for key in keys]
        assert phases[0] == 0 and phases[-1] == 1 and phases == sorted(set(phases))
        assert len({tuple(key.numbers) for key in keys}) == 1


@pytest.mark.parametrize(
    ("name", "phase", "task"),
    [
        ("flexion", 0, "standing"), ("flexion", 1, "standing"), ("sit_to_stand", 0, "sitting"),
        ("sit_to_stand", 1, "standing"), ("stoop_lift", 0, "stoop_lift"), ("squat_lift", 0, "squat_lift"),
        ("stoop_lift", 1, "hold_close"), ("single_leg_stance", 0, "standing"),
        ("prone_hip_extension", 0, "lying_prone"), ("bird_dog", 0, "quadruped"),
    ],
)  # fmt: skip
def test_the_ends_are_tasks_that_have_a_name(name, phase, task):
    assert same(frame(name, phase), ss.task(task))


def test_every_frame_has_the_structure_of_every_other():
    frames = [frame(name, phase, side) for name in MOVEMENTS for phase in (0, 0.45, 1) for side in "rl"]
    assert len({jax.tree.structure(each) for each in frames}) == 1


def test_contacts_that_are_left_are_gone_from_their_phase_on():
    def held(phase):
        active = frame("sit_to_stand", phase).posture.supports.active
        return {name for name, on in zip(tables.contact_names(), active, strict=True) if on}

    assert held(0.39) - held(0.4) == {"ischium_r", "ischium_l", "thigh_r", "thigh_l"}
    assert held(0.4) == held(1.0) and held(0.4) < held(0.39)


@pytest.mark.parametrize("word", _HOLDS)
def test_sides_hold_alike(word):
    supports, _ = _HOLDS[word]
    right, left = (np.asarray(supports(side).active) for side in "rl")
    names = tables.contact_names()
    other = [names.index(name[:-1] + {"r": "l", "l": "r"}[name[-1]]) if name.endswith(("_r", "_l")) else at
             for at, name in enumerate(names)]  # fmt: skip
    np.testing.assert_array_equal(right, left[other])


def test_a_movement_of_both_sides_takes_no_notice_of_the_side():
    assert eqx.tree_equal(frame("flexion", 0.3, "r"), frame("flexion", 0.3, "l"))
    assert same(frame("single_leg_stance", 1, "l").posture.supports, on.one_foot("l"))


def test_loads_are_replaced():
    np.testing.assert_allclose(frame("stoop_lift", 0.5, hand_load_kg=(6, 2)).loads.hand_mass, [6, 2])


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (("flexon", 0.5), "unknown movement 'flexon': did you mean 'flexion'"),
        (("flexion", 1.5), "phase must lie between 0 and 1"),
        (("flexion", 0.5, "left"), "unknown side 'left'"),
    ],
)
def test_a_mistake_is_named(given, complaint):
    with pytest.raises(ValueError, match=complaint):
        frame(*given)


def test_a_load_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="unknown load 'hand_load': did you mean 'hand_load_kg'"):
        frame("flexion", 0.5, hand_load=3)
