"""The reduced map against the engine, on bodies that it was not fitted to."""

import jax
import numpy as np
import pytest
from made_up import EXERCISES

from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import initial, nobody
from spinesim.exercise.hydration import day_fluid
from spinesim.exercise.library import exercise
from spinesim.exercise.life import routine
from spinesim.exercise.profile import profile
from spinesim.exercise.reduced import map_error, reduced
from spinesim.exercise.responses import exact, restricted
from spinesim.models.build import lumbar_model


@pytest.fixture(scope="module")
def fitted(model):
    return reduced(model, EXERCISES[:1], samples=40, seed=3)


def test_bodies_it_has_not_seen_are_met_as_the_readme_says(model, fitted):
    error = map_error(model, EXERCISES[:1], fitted, samples=12, seed=4)
    assert error.compression[0] < 0.02 and error.compression[1] < 0.1
    assert error.activation[0] < 0.003 and error.activation[1] < 0.03


def test_the_healthy_body_is_met_on_an_ordinary_day_and_parts_of_a_map_are_its_own(model, fitted):
    person, start = nobody(), initial(nobody(), parameters())
    full = exact(model, EXERCISES[:1], start, person)
    fluid, _ = day_fluid(full, routine(), person, parameters())
    dry = exact(model, EXERCISES[:1], start, person, full.demands, fluid)
    told = fitted.of(start, person).compression
    error = np.abs(np.asarray(told / dry.demands.compression) - 1)
    assert np.median(error) < 0.02 and error.max() < 0.15  # lying, where a disc presses least, is worst
    assert np.median(error) < np.median(np.abs(np.asarray(told / full.demands.compression) - 1))
    again = restricted(fitted, ["squat"], ["squat"])
    np.testing.assert_array_equal(again.demands.compression, fitted.demands.compression)


def test_what_is_too_hard_for_a_body_of_that_size_still_has_demands():
    """A small woman's curl-up has no equilibrium, not even healthy: the usual man's, loads by body mass."""
    chosen = [exercise("curl_up"), exercise("bracing")]
    who = profile(sex="female", mass_kg=62, height_m=1.66, inhibited={"multifidus": 0.3})
    start = initial(who.person, parameters())
    hers = exact(who.model, chosen, start, who.person).demands
    his = exact(lumbar_model(), chosen, initial(nobody(), parameters()), nobody()).demands
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(hers))
    np.testing.assert_allclose(hers.compression[-2] / his.compression[-2], 62 / 75)
    assert np.all(np.abs(hers.compression[-1] / his.compression[-1] - 62 / 75) > 1e-3)
