"""The body view draws the model's own places: discs, load, supports."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.kinematics import FEMURS
from spinesim.viz.body import Scene, body
from spinesim.viz.case import figure
from tests.placing import place


@pytest.fixture(scope="module")
def task():
    return ss.task("hold_close", hand_load_kg=5)


def test_the_view_is_from_the_right_side(model, task):
    scene = Scene(model, place(model, task))
    head, feet = (scene.carry(name, np.zeros((1, 2)))[0] for name in ("head_neck", "shank_foot_r"))
    assert head[1] > feet[1] + 0.8
    belly, back = scene.carry("L3", np.array([[0.1, 0.0], [-0.1, 0.0]]))
    assert belly[0] > back[0]


def test_the_load_hangs_at_the_hands_and_the_trunk_fills_the_close_view(model, task, solved):
    solution = solved(task)
    page, (whole, close) = plt.subplots(1, 2)
    body(whole, model, task, solution)
    body(close, model, task, solution, close=True)
    assert [text.get_text() for text in whole.texts if text.get_text()] == ["5 kg"]
    assert np.ptp(close.get_ylim()) < 0.7 * np.ptp(whole.get_ylim())
    plt.close(page)


def test_a_page_names_a_case_that_is_not_held(model, solved):
    heavy = ss.task("hold_far", hand_load_kg=120)
    page = figure(model, heavy, solved(heavy), "far too heavy")
    assert page.get_suptitle() == "far too heavy (overloaded)"


def test_the_outline_of_the_hip_bones_turns_with_the_hips(model, task):
    """However the sacrum is set between them; the sacrum hangs on L5/S1."""
    turned = ss.lumbar_model(pelvic_incidence_deg=70)
    scene = Scene(turned, place(turned, task))
    before, after = (np.asarray(body.bodies.joint)[list(FEMURS), :2] for body in (model, turned))
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(scene.set_between(before, sacral=()), after, atol=1e-12)
    joint = np.asarray(model.bodies.joint)[1:2, :2]
    np.testing.assert_allclose(scene.set_between(joint, sacral=(0,)), joint, atol=1e-15)
