"""The page of a movement shows its frames: contacts on the ground, curves as solved, failures shaded."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import spinesim as ss
from spinesim.models.anatomy import LEVELS
from spinesim.viz import movement as page


@pytest.fixture(scope="module")
def moved(model):
    return ss.movement(model, "bird_dog", frames=16)


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_curves_are_the_numbers_of_the_dataset(ax, moved):
    page.levels(ax, moved.disc_compression, "compression")
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_array_equal(drawn["L4-L5"], moved.disc_compression.sel(level="L4L5"))
    assert len(drawn) == len(LEVELS) + 1


def test_the_page_names_the_movement_and_its_peak(model, moved):
    figure = page.figure(model, moved)
    peak = float(moved.disc_compression.sel(level="L4L5").max())
    assert figure.get_suptitle() == f"bird dog: at most {peak:.0f} N at L4-L5"
    assert len(figure.axes) == 5 and figure.axes[0].texts[-1].get_text() == "1.00"


def test_frames_without_an_equilibrium_are_shaded(model, moved):
    failed = moved.assign(status=moved.status.where(moved.phase < 0.9, "overloaded"))
    figure = page.figure(model, failed)
    assert "2 of 16 frames without an equilibrium" in figure.get_suptitle()
    assert all(len(ax.patches) == 2 for ax in figure.axes[1:])


def test_figures_stand_on_the_ground_side_by_side(ax, model, moved):
    page.sticks(ax, model, moved)
    contacts = [line.get_xydata() for line in ax.lines if line.get_marker() == "^"]
    assert len(contacts) == page.FIGURES and min(line[:, 1].min() for line in contacts) < 0.05
    assert all(one[:, 0].max() < two[:, 0].min() for one, two in zip(contacts, contacts[1:], strict=False))
