"""Sobol indices: nothing for what does nothing, nearly all for what does nearly all."""

import sys

import equinox as eqx
import numpy as np
import pytest

import spinesim as ss
from spinesim.cascade.spread import ALLOWANCES
from spinesim.models.tables import load
from spinesim.models.uncertain import CHANGES


@pytest.fixture(scope="module")
def indices(model):
    names = ["trunk_inclination_deg", "load", "facet_gap"]
    return ss.sobol(model, ss.task("bent_forward"), level="L4L5", samples=8, parameters=names)


def test_every_uncertain_parameter_has_its_change():
    assert (*CHANGES, *ALLOWANCES, "cost_exponent") == load("uncertain").names("name")


def test_what_is_not_there_has_no_share(indices):
    """The hands are empty."""
    assert abs(indices.total.sel(parameter="load")) < 1e-12
    assert indices.attrs["samples_left_out"] == 0


def test_the_angle_of_the_trunk_rules_the_gap_of_the_facets(indices):
    assert indices.parameter.values[0] == "trunk_inclination_deg"
    assert indices.total[0] > 0.8 and indices.total.sel(parameter="facet_gap") < 0.05
    assert 900 < indices.attrs["mean"] < 2000


def test_samples_with_a_failed_case_are_left_out(model):
    broken = eqx.tree_at(lambda m: m.fascicles.max_force, model, np.nan * model.fascicles.max_force)
    with pytest.raises(ValueError, match="none of the 2 samples converged"):
        ss.sobol(broken, ss.task("standing"), level="L4L5", samples=2, parameters=["load"])


def test_without_salib_it_says_what_to_install(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.analyze.sobol", None)
    with pytest.raises(ImportError, match=r"spinesim\[sensitivity\]"):
        ss.sobol(model, ss.task("standing"), level="L4L5")


@pytest.mark.parametrize(
    ("samples", "complaint"),
    [(0, "samples must lie between 2"), (12, "samples must be a power of two, not 12")],
)
def test_a_number_of_samples_that_will_not_do_is_told(model, samples, complaint):
    with pytest.raises(ValueError, match=complaint):
        ss.sobol(model, ss.task("standing"), level="L4L5", samples=samples)


def test_an_unknown_parameter_is_named(model):
    with pytest.raises(ValueError, match="did you mean 'facet_gap'"):
        ss.sobol(model, ss.task("standing"), level="L4L5", parameters=["facet_gaps"])
