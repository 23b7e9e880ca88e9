"""What the engine refuses cannot be held: a linear programme (HiGHS) finds no forces for it either."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linprog

import spinesim as ss
from spinesim import Status
from spinesim.bench.held import solve_random
from spinesim.solvers.balance import N_MOMENT
from tests.matrices import parts

CASES, REFUSED = 64, 16
_ANGLES = 2 * np.pi * np.arange(16) / 16
#: Edges of a pyramid around a friction cone, its normal first: what the pyramid cannot hold the cone cannot.
_CONE = np.stack([np.cos(np.pi / 16) + 0 * _ANGLES, np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
#: What counts alike in the rows: 1 N m, 100 N of the whole body.
_UNIT = np.r_[np.ones(N_MOMENT), np.full(3, 100.0), np.ones(3)]


@pytest.fixture(scope="module")
def refused():
    """Refused cases of a random batch with their matrices at the discs where they ended."""
    bodies, tasks, ends = solve_random(99, CASES)
    turned_down = np.asarray((ends.status == Status.overloaded) | (ends.status == Status.unbalanced))
    which = np.flatnonzero(turned_down)[:REFUSED]
    assert len(which) >= 8
    rows = np.resize(which, REFUSED)
    some = jax.tree.map(lambda leaf: jnp.asarray(leaf)[rows], (bodies, tasks, ends.multipliers))
    found = jax.vmap(lambda model, task, at: parts(model, task, ss.Effort(), at))(*some)
    at_end = jax.tree.map(lambda leaf: np.asarray(leaf)[which], (bodies, tasks, ends))
    return which, *at_end, jax.tree.map(np.asarray, found)


def least_missing(found, cap, held, index):
    """Least sum of what is missing in the rows, in their units, whatever it costs the muscles."""
    muscle = np.zeros((len(_UNIT), len(cap)))
    muscle[:N_MOMENT] = found["moment"][index].T
    pushes = np.einsum("dk,ckp->cdp", _CONE, found["support"][index][held]).reshape(-1, len(_UNIT))
    columns = np.hstack([muscle, pushes.T, np.diag(_UNIT), -np.diag(_UNIT)]) / _UNIT[:, None]
    count = columns.shape[1] - len(cap)
    price = np.r_[np.zeros(len(cap) + len(pushes)), np.ones(2 * len(_UNIT))]
    bounds = [(0, top) for top in cap] + [(0, None)] * count
    return linprog(price, A_eq=columns, b_eq=-found["steady"][index] / _UNIT, bounds=bounds).fun


def test_no_forces_hold_what_is_refused(refused):
    """And what the reserve gives is close to the least that anyone could miss."""
    which, bodies, tasks, ends, found = refused
    for index in range(len(which)):
        held = tasks.posture.supports.active[index] > 0
        least = least_missing(found, bodies.fascicles.cap[index], held, index)
        whole = ends.reserve_whole[index] / _UNIT[N_MOMENT:]
        given = np.sum(np.abs(ends.reserve_moment[index])) + np.sum(np.abs(whole))
        assert least > 1e-3, which[index]
        assert least <= given * (1 + 1e-6) and given <= 3 * least + 1.0, (least, given)
