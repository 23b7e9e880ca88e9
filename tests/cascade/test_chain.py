"""The cascade: effects add up, nothing comes of nothing, left mirrors right, a cut is a solve."""

from dataclasses import replace

import jax
import numpy as np
import pytest

import spinesim as ss
from spinesim.cascade import following
from spinesim.cascade.chart import signed
from spinesim.cascade.following import LINKS
from spinesim.cascade.reading import MUSCLES
from tests.laws.test_symmetry import partners

#: Predicting a posture takes long to compile.
pytestmark = pytest.mark.slow
TIGHT = ss.Imbalance(tight={"quadratus_lumborum_r": 0.2})


@pytest.fixture(scope="module")
def crossed(model):
    return ss.cascade(model, "lower_crossed")


@pytest.fixture(scope="module")
def healthy(model):
    return ss.cascade(model, "lower_crossed", severity=0)


def test_effects_add_up_to_the_whole_change(crossed):
    assert crossed.status == ss.Status.converged and crossed.links == (
        "length",
        "recruitment",
        "pelvis",
        "lumbar",
    )
    readings = crossed.healthy, crossed.impaired, crossed.effect
    for before, after, effect in zip(*map(jax.tree.leaves, readings), strict=True):
        np.testing.assert_allclose(np.sum(effect, axis=0), after - before, rtol=1e-9, atol=1e-9)


def test_the_turns_of_the_causes_are_those_of_the_pelvis(crossed):
    turn = crossed.after.task.posture.pelvis - crossed.before.task.posture.pelvis
    np.testing.assert_allclose(np.sum(crossed.pelvis_turn, axis=0), turn, atol=1e-12)


def test_a_cut_is_the_balance_with_that_link_held(model, crossed):
    weak = ss.Imbalance(weak={"glutes": 0.4, "abdominals": 0.4}).apply(model)
    held = ss.solve(weak, crossed.after.task)
    missing = crossed.impaired.disc_compression - held.disc_compression
    np.testing.assert_allclose(crossed.cut.disc_compression[LINKS.index("length")], missing, atol=1e-6)
    posture = ss.solve(crossed.after.model, crossed.before.task)
    both = crossed.impaired.facet_share - posture.facet_share
    assert np.abs(both).max() > 1e-4
    alone = crossed.cut.facet_share[LINKS.index("lumbar")] + crossed.cut.facet_share[LINKS.index("pelvis")]
    np.testing.assert_allclose(alone, both, atol=0.1 * np.abs(both).max())


def test_nothing_comes_of_no_severity(healthy):
    assert healthy.links == () and "this is the healthy body" in repr(healthy)
    for part in (healthy.effect, healthy.cut, healthy.pelvis_turn, healthy.lumbar_turn):
        assert not any(np.any(leaf) for leaf in jax.tree.leaves(part))


def test_left_mirrors_right(model):
    task = ss.task("standing")
    right, left = (ss.cascade(model, one, task) for one in (TIGHT, TIGHT.mirrored()))
    sides, muscles = np.array([1, 0]), np.asarray(partners(MUSCLES))
    assert np.abs(right.effect.disc_lateral_shear).max() > 0.1
    for mine, other in ((right.effect, left.effect), (right.impaired, left.impaired)):
        for name in ("disc_compression", "disc_anterior_shear", "pelvic_tilt", "stability_eigenvalue"):
            np.testing.assert_allclose(getattr(mine, name), getattr(other, name), rtol=1e-3, atol=2e-3)
        for name in ("disc_lateral_shear", "pelvic_list", "lumbar_side_bend"):
            np.testing.assert_allclose(getattr(mine, name), -getattr(other, name), rtol=1e-3, atol=2e-3)
        np.testing.assert_allclose(mine.facet_force, other.facet_force[..., sides], rtol=1e-3, atol=2e-3)
        np.testing.assert_allclose(
            mine.muscle_activation, other.muscle_activation[..., muscles], rtol=1e-3, atol=1e-5
        )


def test_what_is_not_in_balance_has_no_value_and_says_so(model, monkeypatch):
    """Searches that run out of steps take a minute to do so: here two that settled say that they did not."""
    ends = iter([ss.predict_posture(model, ss.task(name)) for name in ("standing", "hold_close")])

    def unsettled(*_, **__):
        return replace(next(ends), status=ss.Status.out_of_steps)

    monkeypatch.setattr(following, "predict_posture", unsettled)
    chain = ss.cascade(model, ss.Imbalance(weak={"erector_spinae": 0.3}), ss.task("standing"))
    assert chain.status != ss.Status.converged and chain.unsolved == 8
    assert np.all(np.isnan(chain.effect.disc_compression[LINKS.index("recruitment")]))
    said = " ".join(repr(chain).split())
    assert "What follows from them is left out." in said and "pelvis not settled" in said


def test_a_dataset_names_links_and_units(crossed):
    ds = crossed.to_dataset()
    effect = ds["effect.disc_compression"].sel(level="L4L5")
    assert effect.dims == ("link",) and effect.attrs["units"] == "N"
    whole = ds["impaired.disc_compression"] - ds["healthy.disc_compression"]
    np.testing.assert_allclose(effect.sum(), whole.sel(level="L4L5"))
    assert ds.attrs["scenario"] == "lower_crossed" and ds.pelvis_turn.dims == ("cause", "axis")


def test_the_chart_says_every_link(crossed):
    said = repr(crossed)
    assert "muscle length -> pelvis" in said and "strength, drive -> pelvis" in said
    change = crossed.impaired.disc_compression - crossed.healthy.disc_compression
    assert signed(float(change[ss.LEVELS.index("L4L5")]), 1) in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"imbalance": "tight_hip_flexor"}, "'tight_hip_flexors'"),
        ({"imbalance": "lower_crossed", "severity": 1.2}, "severity must lie between 0 and 1, not 1.2"),
        ({"imbalance": TIGHT}, "give a task"),
    ],
)
def test_a_mistake_is_one_line(model, asked, said):
    with pytest.raises(ValueError, match=said.replace("'", ".")):
        ss.cascade(model, **asked)
