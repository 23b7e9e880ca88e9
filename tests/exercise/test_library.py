"""Exercises are tasks: they balance, rank as measured, and a person can add one."""

import numpy as np
import pytest

import spinesim as ss
from spinesim.exercise.compare import disagreements
from spinesim.exercise.library import Exercise, exercise, library, own
from spinesim.exercise.pose import resting
from spinesim.models.groups import members
from spinesim.models.tables import contact_names

OWN = """
[[exercises]]
exercise = "crate_hold"
posture = "squat"
numbers = { knee_flexion_deg = 60, hands = "close" }
loads = { hand_load_kg = 12 }
mode = "static"
sets = 2
reps = 5
seconds = 10
cell = "controlled_loading/sagittal/2"
"""


@pytest.fixture(scope="module")
def listed(model):
    return ss.exercises(model)


def test_every_exercise_is_in_balance(listed):
    assert listed.sizes["exercise"] == 43
    assert set(listed.status.values) == {"converged"}


def test_compression_ranks_as_published(listed):
    """Spearman over 10 exercises of EMG-driven models, and over all 41 with estimates."""
    assert listed.compression_rank_correlation > 0.6
    assert listed.compression_rank_correlation_all > 0.6


def test_activation_ranks_as_measured(listed):
    assert float(listed.rank_correlation.median()) > 0.5


def test_implants_say_which_exercises_press_less_than_standing_on_one_leg(listed):
    """Rohlmann et al. 2014: hollowing and quadruped leg reach below walking, bird-dog and plank above."""
    pressed = listed.compression
    low = pressed.sel(exercise=["hollowing", "pelvic_tilt", "sl_hip_abd"])
    high = pressed.sel(exercise=["bird_dog", "superman", "dead_bug"])
    assert float(low.max()) < float(pressed.sel(exercise="walking")) < float(high.min())


def test_disagreements_are_named_not_hidden(listed):
    names = {(name, quantity) for name, quantity, *_ in disagreements(listed)}
    assert ("glute_bridge", "Gmax") in names and ("dead_bug", "compression") not in names


def test_a_cue_is_worked_on_top_of_the_task(model):
    cue = np.asarray(exercise("hk_stretch").cued(model.fascicles, "l"))
    assert np.all(cue[np.array(members(model.fascicles, "gluteus_maximus_l"))] == 0.2)
    assert not np.any(cue[np.array(members(model.fascicles, "gluteus_maximus_r"))])


def test_the_other_side_is_the_mirror_image():
    right, left = exercise("bird_dog").task("r"), exercise("bird_dog").task("l")
    swap = [contact_names().index(name[:-1] + {"r": "l", "l": "r"}.get(name[-1], name[-1]))
            if name[-2:] in ("_r", "_l") else i for i, name in enumerate(contact_names())]  # fmt: skip
    np.testing.assert_array_equal(right.posture.supports.active, left.posture.supports.active[np.array(swap)])
    np.testing.assert_allclose(right.posture.femurs[0, 2], left.posture.femurs[1, 2])


def test_ones_own_exercise_is_a_few_lines(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    made = own(path)["crate_hold"]
    assert made.task().loads.hand_mass.sum() == 12 and made.matrix == ("controlled_loading", "sagittal", 2)
    assert made.minutes == pytest.approx((2 * 5 * 10 + 2 * 50) / 60)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("sets = 2", "sets = -2"), "sets of exercise 'crate_hold' must lie between 0 and 20"),
        (('"squat"', '"sqat"'), "unknown posture 'sqat'"),
        (("hand_load_kg", "hand_kg"), "unknown load"),
        (('posture = "squat"', ""), "posture is missing"),
        (("reps = 5", "rep = 5"), "unknown key 'rep'"),
        (("sets = 2", "sets = "), "own.toml"),
    ],
)
def test_a_mistake_in_it_is_named(tmp_path, change, complaint):
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(*change))
    with pytest.raises(ValueError, match=complaint):
        own(path)


def test_supports_say_what_they_do_not_know():
    for words, near in (("flor: hand", "floor"), ("floor: hnd", "hand"), ("hand", "surface: place")):
        with pytest.raises(ValueError, match=near):
            resting(words, "r")


def test_an_unknown_exercise_meets_its_nearest():
    with pytest.raises(ValueError, match="bird_dog"):
        exercise("birddog")
    with pytest.raises(ValueError, match="mode"):
        Exercise("a", "standing", mode="isokinetic")
    assert len(library()) == 43
