"""A thousand random bodies in random postures under random loads: held, or said why not."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spinesim as ss
from benchmarks.random_cases import body, persons, random_cases
from spinesim import Status
from spinesim.solvers import balance
from spinesim.solvers.balance import N_FORCE
from spinesim.solvers.equilibrium import problem

CASES, CHUNK = 1000, 50


@eqx.filter_jit
def solve_chunk(models, cases):
    """Statuses, and the residual of each answer evaluated afresh, forces and moments apart [N, N m]."""

    def one(case):
        model = body(models, case.person, case.strength)
        end = ss.solve(model, case.task)
        rows = jnp.abs(balance.residual(problem(model, case.task, ss.Effort()), end.multipliers))
        force = jnp.concatenate([rows[:N_FORCE], rows[-6:-3]])
        moment = jnp.concatenate([rows[N_FORCE:-6], rows[-3:]])
        sound = jnp.all(jnp.isfinite(end.disc_compression)) & jnp.all(jnp.isfinite(end.activation))
        missed = jnp.any(jnp.abs(end.multipliers[N_FORCE:]) > balance.HELD_PRICE)
        return end.status, jnp.max(force), jnp.max(moment), sound, missed

    return jax.vmap(one)(cases)


@pytest.mark.slow
def test_held_or_said_why_not():
    cases, drawn = random_cases(2024, CASES)
    models = persons()
    ends = [
        solve_chunk(models, jax.tree.map(lambda leaf, at=at: leaf[at : at + CHUNK], cases))
        for at in range(0, CASES, CHUNK)
    ]

    def all_of(status):
        return np.concatenate([np.asarray(end[0] == status) for end in ends])

    force, moment, sound, missed = (np.concatenate([np.asarray(end[i]) for end in ends]) for i in range(1, 5))
    held, lost = all_of(Status.converged), all_of(Status.out_of_steps) | all_of(Status.nonfinite)
    answered = held | all_of(Status.overloaded) | all_of(Status.unbalanced)
    assert np.all(answered | lost)
    assert np.all(sound[answered])
    assert np.max(force[answered]) < 1e-6 and np.max(moment[answered]) < 1e-8
    # Who is lost with no moment missed might be held by a better solver: counted as if it were.
    feasible = held | (lost & ~missed)
    assert np.sum(lost & feasible) <= 1e-3 * np.sum(feasible), [drawn[at] for at in np.flatnonzero(lost)]
    assert np.sum(lost) <= 5e-3 * CASES
