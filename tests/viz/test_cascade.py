"""The page of a cascade shows its numbers: bars that end at the change, boxes with the effects."""

from dataclasses import replace

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

import spinesim as ss
from spinesim.cascade.chart import lines
from spinesim.cascade.following import LINKS
from spinesim.viz.cascade import bars, figure, graph

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chain(model):
    return ss.cascade(model, "tight_hip_flexors")


@pytest.fixture
def ax():
    page, axes = plt.subplots()
    yield axes
    plt.close(page)


def test_stacked_bars_and_marks_are_the_change(ax, chain):
    shown = [line for line in lines(chain) if line.unit == "N"]
    bars(ax, shown, chain.links, 50.0)
    widths = np.zeros(len(shown))
    for bar in ax.patches:
        widths[round(bar.get_y() + bar.get_height() / 2)] += bar.get_width()
    np.testing.assert_allclose(widths, [line.change for line in shown])
    np.testing.assert_allclose(ax.lines[0].get_xdata(), widths)


def test_a_small_effect_looks_small(ax, chain):
    shown = [line for line in lines(chain) if line.unit == "deg"]
    bars(ax, shown, chain.links, 5.0)
    assert max(abs(line.change) for line in shown) < 0.5 and ax.get_xlim()[1] > 5


def test_the_graph_says_the_effects(ax, chain):
    graph(ax, chain)
    said = [text.get_text() for text in ax.texts]
    compression = next(line for line in lines(chain) if line.label == "compression L4-L5")
    assert f"{compression.effect[LINKS.index('length')]:+.1f} N" in said
    assert any(text.startswith(f"compression L4-L5 {compression.change:+.1f} N") for text in said)


def test_a_page_fits_slide_and_print(chain, tmp_path):
    page = figure(chain)
    assert page.get_suptitle() == "tight hip flexors, severity 1"
    page.savefig(tmp_path / "chain.png")
    assert (tmp_path / "chain.png").read_bytes().startswith(b"\x89PNG")


def test_a_chain_without_values_is_drawn_and_says_so(chain):
    nothing = jax.tree.map(lambda value: np.nan * value, chain.effect)
    page = figure(replace(chain, effect=nothing, status=ss.Status.overloaded, unsolved=jax.numpy.asarray(3)))
    assert "3 of 8 cases overloaded" in page.get_suptitle()
    page.draw_without_rendering()
