"""A movement is its frames one by one; what is symmetric stays so, and a mirrored one is mirrored."""

import jax
import numpy as np
import pytest
import xarray as xr

import spinesim as ss
from spinesim.scenarios.movements import MOVEMENTS, frame
from spinesim.sweeps.movement import LUMBAR_ERECTOR, flexion_relaxation, trunk_flexion

FRAMES = 16  # one chunk of the program that sweeps share
SYMMETRIC = ("flexion", "sit_to_stand", "stoop_lift", "squat_lift")


@pytest.fixture(scope="module")
def moved(model):
    return {name: ss.movement(model, name, frames=FRAMES) for name in MOVEMENTS}


def mirrored(names):
    return [f"{name[:-1]}{'l' if name[-1] == 'r' else 'r'}" for name in names]


@pytest.mark.parametrize("name", MOVEMENTS)
def test_every_frame_is_held(moved, name):
    ds = moved[name]
    assert (ds.status == "converged").all() and ds.phase.values[[0, -1]].tolist() == [0, 1]
    assert ds.attrs["movement"] == name and ds.disc_compression.attrs["units"] == "N"


@pytest.mark.parametrize("name", ["sit_to_stand", "bird_dog"])
def test_a_frame_is_its_task_solved_alone(moved, solved, name):
    at = 11
    one = moved[name].isel(phase=at)
    alone = solved(frame(name, float(one.phase)))
    np.testing.assert_allclose(one.disc_compression, alone.disc_compression, rtol=1e-8)
    np.testing.assert_allclose(one.activation, alone.activation, atol=1e-8)


def test_flexion_starts_standing_and_comes_back_the_way_it_went(moved, solved):
    ds = moved["flexion"]
    standing = solved(ss.task("standing")).disc_compression
    np.testing.assert_allclose(ds.disc_compression[0], standing, rtol=1e-8)
    np.testing.assert_allclose(ds.disc_compression, ds.disc_compression[::-1], rtol=1e-7)
    np.testing.assert_allclose(np.degrees(ds.trunk_flexion[[0, 5]]), [0, 200 / 3], atol=1e-9)


@pytest.mark.parametrize("name", SYMMETRIC)
def test_what_both_sides_do_alike_has_no_asymmetry(moved, name):
    assert float(abs(moved[name].symmetry_index).max()) < 1e-5
    assert float(abs(moved[name].disc_lateral_shear).max()) < 1e-5


@pytest.mark.parametrize("name", ["bird_dog", "single_leg_stance"])
def test_the_left_is_the_mirror_of_the_right(model, moved, name):
    right, left = moved[name], ss.movement(model, name, frames=FRAMES, side="l")
    size = float(right.disc_compression.max())
    np.testing.assert_allclose(left.disc_compression, right.disc_compression, atol=1e-6 * size)
    np.testing.assert_allclose(left.disc_lateral_shear, -right.disc_lateral_shear, atol=1e-6 * size)
    swapped = right.group_activation.sel(group=mirrored(right.group.values))
    np.testing.assert_allclose(left.group_activation, swapped, atol=1e-6)
    np.testing.assert_allclose(left.symmetry_index, -right.symmetry_index, atol=1e-4)
    assert float(abs(right.symmetry_index).max()) > 1


def test_the_free_leg_is_carried_by_the_abductors_of_the_other_hip(moved):
    last = moved["single_leg_stance"].isel(phase=-1)
    assert float(last.symmetry_index.sel(muscle="gluteus_medius")) > 1


def test_a_frame_that_is_not_held_says_so_and_leaves_the_curves(model):
    ds = ss.movement(model, "stoop_lift", frames=FRAMES, hand_load_kg=50)
    failed = ds.status != "converged"
    assert failed.any() and not failed.all()
    assert ds.disc_compression.isnull().any("level").equals(failed)
    assert ds.symmetry_index.sel(phase=failed).isnull().all()
    assert ds.residual_force.notnull().all() and float(abs(ds.reserve_moment.sel(phase=failed)).max()) > 1


def curve(share):
    """A movement whose erector spinae works as much as `share` says at 0, 10, ... 100 degrees."""
    groups = [f"{muscle}_{side}" for muscle in LUMBAR_ERECTOR for side in "rl"]
    return xr.Dataset(
        {
            "group_activation": (("phase", "group"), np.outer(share, np.ones(len(groups)))),
            "trunk_flexion": ("phase", np.radians(np.linspace(0, 100, 11))),
        },
        {"phase": np.linspace(0, 1, 11), "group": groups},
    )


def test_relaxation_is_where_the_curve_falls_below_a_tenth_of_its_peak():
    ds = flexion_relaxation(curve([0.1, 0.2, 0.3, 0.4, 0.4, 0.4, 0.4, 0.2, 0.06, 0.02, 0.01]))
    np.testing.assert_allclose(np.degrees(ds.flexion_relaxation), 85)
    np.testing.assert_allclose(ds.flexion_relaxation_ratio, 40)


def test_silence_that_does_not_last_is_no_relaxation():
    ds = flexion_relaxation(curve([0.1, 0.2, 0.3, 0.4, 0.0, 0.0, 0.4, 0.2, 0.1, 0.1, 0.2]))
    assert (
        np.isnan(ds.flexion_relaxation)
        and "still works at 50 % of its peak at 100 deg" in ds.flexion_relaxation.attrs["comment"]
    )


def test_the_model_says_how_much_of_its_peak_is_left(moved):
    ds = moved["flexion"]
    assert float(ds.flexion_relaxation_ratio) >= 1 and ds.flexion_relaxation.attrs["comment"]
    assert "flexion_relaxation" not in moved["side_bend"]


@pytest.mark.slow  # the stability of a chunk is a program of its own
def test_stability_is_that_of_the_frame_alone(model, solved):
    ds = ss.movement(model, "flexion", frames=5, stability=True)
    task = frame("flexion", 0.25)
    alone = ss.stability(model, task, solved(task))
    np.testing.assert_allclose(ds.stability_eigenvalue[1], alone.stability_eigenvalue, rtol=1e-6)
    np.testing.assert_allclose(ds.critical_q[1], alone.critical_q, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"name": "flexon"}, "unknown movement"),
        ({"name": "flexion", "frames": 1}, "frames must lie between 2 and 1000, not 1"),
        ({"name": "flexion", "frames": 2.5}, "frames must be a whole number, not 2.5"),
        ({"name": "flexion", "side": "left"}, "unknown side"),
        ({"name": "flexion", "hand_load_kg": -3}, "hand_load_kg"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_mistake_is_named_before_anything_is_solved(model, given, complaint):
    with pytest.raises(ValueError, match=complaint):
        ss.movement(model, **given)


def test_trunk_flexion_is_that_of_the_thorax():
    posture = jax.tree.map(lambda leaf: leaf[None], ss.Posture.flexed(37.0))
    np.testing.assert_allclose(np.degrees(trunk_flexion(posture)), 37.0, atol=1e-9)
