"""Shapley values: they add up, and do right by links that do nothing, the same, or only work together."""

import numpy as np
import pytest

from spinesim.cascade.attribution import coalitions, cut, shapley

LINKS = ("a", "b", "c", "d")


@pytest.fixture
def game():
    """Any value for every coalition, as a tree."""
    rng = np.random.default_rng(5)
    return {some: {"load": rng.normal(size=3), "angle": rng.normal()} for some in coalitions(LINKS)}


def test_there_are_as_many_coalitions_as_subsets():
    every = coalitions(LINKS)
    assert len(set(every)) == 2 ** len(LINKS) and not every[0] and every[-1] == set(LINKS)


def test_values_add_up_to_the_whole_change(game):
    shares = [shapley(game, LINKS, link) for link in LINKS]
    for leaf in ("load", "angle"):
        whole = game[frozenset(LINKS)][leaf] - game[frozenset()][leaf]
        np.testing.assert_allclose(sum(share[leaf] for share in shares), whole, atol=1e-14)


def test_links_that_only_add_get_what_they_add():
    own = {"a": 1.0, "b": -2.0, "c": 0.0, "d": 5.0}
    value = {some: np.array(sum(own[link] for link in some)) for some in coalitions(LINKS)}
    for link in LINKS:
        assert shapley(value, LINKS, link) == pytest.approx(own[link])
        assert cut(value, LINKS, link) == pytest.approx(own[link])


def test_links_that_only_work_together_share_alike():
    value = {some: np.array(float({"a", "b"} <= some)) for some in coalitions(LINKS)}
    assert [float(shapley(value, LINKS, link)) for link in LINKS] == pytest.approx([0.5, 0.5, 0.0, 0.0])
    assert [float(cut(value, LINKS, link)) for link in LINKS] == [1.0, 1.0, 0.0, 0.0]


def test_a_coalition_without_a_value_takes_the_average_with_it_but_not_every_cut(game):
    game[frozenset("a")] = {"load": np.full(3, np.nan), "angle": np.nan}
    assert all(np.isnan(shapley(game, LINKS, link)["angle"]) for link in LINKS)
    assert all(np.isfinite(cut(game, LINKS, link)["angle"]) for link in LINKS)
