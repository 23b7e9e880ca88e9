"""Bodies of other sizes are the same body: paths, strength of every group, supports."""

import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from spinesim.bench.sizes import kept, with_contacts, with_fascicles
from spinesim.models.groups import group_weights
from spinesim.models.mechanics import SPINE
from tests.placing import column, place

TASK = ss.Task(ss.Posture.flexed(trunk_flexion_deg=40.0))


def posed(model):
    """Lengths and moment arms of all fascicles, discs at rest."""
    placement = place(model, TASK)
    found = column(placement, jnp.zeros((SPINE, 3)))
    return found.length[:-1], found.moment[:-1]


@pytest.mark.parametrize("share", [0.25, 2.0])
def test_fascicles_that_are_left_run_as_they_did_and_groups_keep_their_strength(model, share):
    rows = kept(model, share)
    other = with_fascicles(model, rows)
    assert len(other.fascicles.name) == len(rows) and 0.8 * share < len(rows) / 314 < 1.3 * share
    for got, want in zip(posed(other), posed(model), strict=True):
        np.testing.assert_allclose(got, np.asarray(want)[rows], rtol=1e-12, atol=1e-15)
    for part in ("max_force", "pcsa", "passive_force"):
        whole, left = (
            group_weights(body.fascicles) @ np.asarray(getattr(body.fascicles, part))
            for body in (model, other)
        )
        assert np.all((left > 0) == (whole > 0))
        if part == "max_force":
            np.testing.assert_allclose(left, whole, rtol=1e-12)
    right, left = (
        {name[:-2] for name in other.fascicles.name if name.endswith(side)} for side in ("_r", "_l")
    )
    assert right == left


def test_contacts_that_are_left_are_the_first(model):
    few = with_contacts(model, np.arange(6)).contacts
    assert few.name == model.contacts.name[:6] and few.position.shape == (6, 3)
    assert all(name.startswith(("heel", "forefoot")) for name in few.name)
