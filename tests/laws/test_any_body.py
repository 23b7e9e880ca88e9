"""Laws that hold for any body in any posture under any load, drawn by hypothesis a batch at a time."""

import jax.numpy as jnp
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from spinesim import Status
from tests.free_bodies import free_bodies
from tests.solving import row, solve_all
from tests.strategies import cases

SIZE = 8
batches = st.lists(cases(), min_size=SIZE, max_size=SIZE)
few = settings(  # a failing batch is not shrunk: a batch of bodies is slow to solve
    max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip


@given(batches)
@few
def test_what_is_held_is_at_rest_and_what_is_not_says_so(batch):
    models, tasks = [case.model() for case in batch], [case.task() for case in batch]
    ends = solve_all(models, tasks)
    answered = (ends.status == Status.converged) | (ends.status == Status.overloaded)
    assert jnp.all(answered | (ends.status == Status.unbalanced))
    for number in (0, SIZE - 1):
        force, moment = free_bodies(models[number], tasks[number], row(ends, number))
        assert np.max(np.abs(force)) < 2e-6 and np.max(np.abs(moment)) < 2e-8


@given(batches)
@few
def test_nothing_pushes_that_can_only_pull_and_nothing_pulls_that_can_only_push(batch):
    models, tasks = [case.model() for case in batch], [case.task() for case in batch]
    ends = solve_all(models, tasks)
    for name in ("ligament_force", "passive_muscle_force", "muscle_force", "facet_force", "activation"):
        assert jnp.all(getattr(ends, name) >= 0), name
    assert jnp.all(ends.activation <= 1) and jnp.all(ends.intra_abdominal_pressure >= 0)
    normal = jnp.stack([task.posture.supports.normal for task in tasks])
    assert jnp.all(jnp.sum(normal * ends.support_force, axis=-1) >= -1e-9)
