"""Figures show the numbers of their dataset: every case a row, unsolved ones marked and empty."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from spinesim.models.anatomy import LEVELS
from spinesim.solvers.outcome import PARTS
from spinesim.viz import figures, theme
from spinesim.viz.body import _rounded

CASES = ("first", "second", "third")


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def batch(status=("converged",) * 3):
    """Loads drawn at random whose parts add up."""
    rng = np.random.default_rng(0)
    parts = rng.normal(0, 300, (3, len(PARTS), len(LEVELS), 1))
    return xr.Dataset(
        {
            "disc_load_part": (("posture", "part", "level", "component"), -parts),
            "disc_compression": (("posture", "level"), parts.sum(axis=1)[..., 0]),
            "group_activation": (("posture", "group"), rng.uniform(0.1, 1, (3, 4))),
            "status": ("posture", np.array(status)),
        },
        {
            "posture": list(CASES), "part": list(PARTS), "level": list(LEVELS), "component": ["fy"],
            "group": ["multifidus_r", "multifidus_l", "psoas_major_r", "psoas_major_l"],
        },
    )  # fmt: skip


def test_stacked_parts_end_at_the_compression(ax):
    ds = batch()
    figures.load_parts(ax, ds)
    widths = np.zeros(3)
    for bar in ax.patches:
        widths[round(bar.get_y() + bar.get_height() / 2)] += bar.get_width()
    np.testing.assert_allclose(widths, ds.disc_compression.sel(level="L4L5"))


def test_an_unsolved_case_is_named_and_left_empty(ax):
    figures.load_parts(ax, batch(("converged", "overloaded", "converged")))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second (overloaded)", "third"]
    second = [bar for bar in ax.patches if round(bar.get_y() + bar.get_height() / 2) == 1]
    assert not any(bar.get_width() for bar in second)


def test_activity_prints_the_busier_side(ax):
    ds = batch()
    figures.activity(ax, ds)
    printed = {tuple(map(round, text.get_position())): int(text.get_text()) for text in ax.texts}
    sides = ds.group_activation.values.reshape(3, 2, 2)
    assert printed == {
        (group, case): round(100 * sides[case, group].max()) for case in range(3) for group in range(2)
    }


def test_a_theme_leaves_the_readers_settings_alone():
    before = dict(plt.rcParams)
    inside = theme.themed(lambda: plt.rcParams["axes.spines.top"])()
    assert inside is False and dict(plt.rcParams) == before


def test_every_part_of_a_load_has_its_own_colour():
    assert tuple(theme.PARTS) == PARTS and len(set(theme.PARTS.values())) == len(PARTS)


@pytest.mark.parametrize(("force", "reach"), [(3.0, 100.0), (200.0, 250.0)])
def test_a_few_newtons_on_a_facet_are_drawn_as_few(force, reach):
    zero = xr.DataArray(np.zeros(len(LEVELS)), dims="level", coords={"level": list(LEVELS)})
    facet = (zero + force).expand_dims(side=["r", "l"])
    ds = xr.Dataset({"disc_compression": zero, "disc_anterior_shear": zero, "facet_force": facet})
    figure, axes = plt.subplots(1, 3)
    figures.levels(list(axes), ds)
    assert axes[2].get_xlim()[1] == pytest.approx(reach)
    plt.close(figure)


@pytest.mark.parametrize(("draw", "said"), [("pressure", "model, k 0.55-0.77"), ("ratio", "model")])
def test_a_range_is_explained_where_it_is_drawn(ax, draw, said):
    named = ("pressure", "pressure_low", "pressure_high", "measured_pressure", "ratio", "measured_ratio",
             "measured_accept_low", "measured_accept_high")  # fmt: skip
    ds = xr.Dataset({name: ("posture", [1.0]) for name in named} | {"status": ("posture", ["converged"])},
                    {"posture": ["standing"]})  # fmt: skip
    getattr(figures, draw)(ax, ds)
    assert ax.get_legend().get_texts()[-1].get_text() == said


def test_levels_are_printed_with_a_hyphen():
    assert [figures.hyphened(level) for level in ("L5S1", "T12L1")] == ["L5-S1", "T12-L1"]


def test_a_rounded_outline_passes_its_corners_and_closes():
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    curve = _rounded(corners)
    np.testing.assert_allclose(curve[0], curve[-1], atol=1e-12)
    nearest = np.linalg.norm(curve[:, None] - corners, axis=2).min(axis=0)
    assert nearest.max() < 0.05
