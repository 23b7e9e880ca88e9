"""The page of a stability shows the numbers of its result."""

import numpy as np
import pytest

import spinesim as ss
from spinesim.solvers.stability import balanced, stability
from spinesim.viz import stability as page


@pytest.fixture(scope="module")
def case(model, solved):
    task = ss.Task(ss.Posture.flexed(trunk_flexion_deg=30))
    solution = solved(task)
    return task, solution, stability(model, task, solution)


def test_bars_add_up_to_the_margin(model, case):
    task, solution, result = case
    figure = page.figure(model, task, solution, result, "flexed")
    bars = [bar.get_width() for bar in figure.axes[2].patches]
    np.testing.assert_allclose(sum(bars[:-1]), bars[-1], atol=1e-9)
    assert "N m/rad in flexion-extension" in figure.get_suptitle()


def test_the_motion_drawn_is_as_large_as_it_says(model, case):
    task, solution, result = case
    state = balanced(model, task, solution)
    moved = 1e-3 * page.motion(state, result)
    still, there = (page.outlines(state, step)["spine"] for step in (0 * moved, moved))
    farthest = np.max(np.abs(there - still)) / (1e-3 * page.SWAY)
    turned = np.linalg.norm(moved[1:19].reshape(-1, 3), axis=1).max() / (1e-3 * page.TURN)
    np.testing.assert_allclose(max(farthest, turned), 1, rtol=1e-2)
