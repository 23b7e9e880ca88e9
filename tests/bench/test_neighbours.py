"""Neighbours are the same cases however they are started, and a warm start settles sooner."""

import jax.numpy as jnp
import numpy as np
import pytest

from spinesim.bench.neighbours import STARTS, flexion, followed, severities
from spinesim.solvers.solution import Status

COUNT = 9


@pytest.mark.slow  # the solve in a scan is a program of its own
@pytest.mark.parametrize("cases", [severities, flexion])
def test_a_start_changes_what_it_takes_and_not_what_it_finds(cases):
    cold, near, ahead = (followed(cases(COUNT), jnp.array(weights)) for weights in STARTS.values())
    for warm in (near, ahead):
        assert np.all(warm.ends.status == Status.converged)
        np.testing.assert_allclose(warm.ends.disc_compression, cold.ends.disc_compression, rtol=1e-8)
        assert warm.inner_steps[0] == cold.inner_steps[0]
        assert np.sum(warm.inner_steps[1:]) < 0.9 * np.sum(cold.inner_steps[1:])
    assert near.inner_steps[1] == ahead.inner_steps[1]  # of one case nothing leads ahead
