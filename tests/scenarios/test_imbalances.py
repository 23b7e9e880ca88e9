"""Scenarios by name: each with its evidence, healthy at severity 0, at the far end of its range at 1."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim._provenance import fingerprint
from spinesim.models.groups import members

NAMES = {
    "tight_hip_flexors", "underactive_glutes", "weak_transversus", "inhibited_multifidus", "lower_crossed",
    "unilateral_quadratus", "prolonged_sitting", "asymmetric_carry", "stoop_lift",
}  # fmt: skip


def test_the_catalogue_is_complete():
    assert set(ss.SCENARIOS) == NAMES


@pytest.mark.parametrize("name", ss.SCENARIOS)
def test_every_scenario_has_evidence_and_does_something(name):
    named = ss.SCENARIOS[name]
    assert named.evidence in "ABCD" and named.description and named.source
    assert named.parts or named.severe != named.healthy
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(ss.scenario(name, 0.5)))


@pytest.mark.parametrize("name", ss.SCENARIOS)
def test_severity_zero_is_the_healthy_body(model, name):
    assert fingerprint(ss.scenario(name, 0.0).apply(model)) == fingerprint(model)


def test_the_task_of_a_scenario_grows_with_it():
    hands = [ss.scenario("asymmetric_carry", share).task.loads.hand_mass for share in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose(hands, [[10, 10], [15, 5], [20, 0]])
    lift = ss.scenario("stoop_lift", 0.0).task
    assert eqx.tree_equal(lift, ss.task("squat_lift"))


def test_severity_may_be_traced():
    knees = jax.vmap(lambda share: ss.scenario("stoop_lift", share).task.posture.knees[0])(
        jnp.array([0.0, 0.5])
    )
    np.testing.assert_allclose(knees, np.radians([90, 45]))


def test_tight_hip_flexors_stop_the_hip_15_degrees_early(model):
    """Their passive moment at 15 degrees of flexion is the healthy one at 0."""
    flexors = np.array(members(model.fascicles, "hip_flexors"))
    only = eqx.tree_at(lambda m: m.fascicles.passive_force, model, model.fascicles.passive_force * flexors)
    tight = ss.scenario("tight_hip_flexors").apply(only)
    at = jnp.array([15.0, 0.0])
    early, healthy = (jax.vmap(ss.passive_hip_moment, in_axes=(None, 0))(body, at) for body in (tight, only))
    np.testing.assert_allclose(early[0], healthy[1], rtol=0.15)
    assert np.all(healthy[0] < 0.5 * healthy[1])


@pytest.mark.parametrize(
    ("name", "severity", "complaint"),
    [
        ("tight_hip_flexor", 1.0, "unknown scenario 'tight_hip_flexor': did you mean 'tight_hip_flexors'"),
        ("stoop_lift", 1.5, "severity must lie between 0 and 1, not 1.5"),
    ],
)
def test_a_mistake_is_named(name, severity, complaint):
    with pytest.raises(ValueError, match=complaint):
        ss.scenario(name, severity)
