"""The sharing of work among muscles and supports against established solvers, on the same matrices.

With the discs held where the equilibrium has them, activations a, support forces f (cone axes, friction
counted in its own units) and reserves r solve, as the docstrings of `recruitment` and `balance` say,

    minimise    cost(a) + SUPPORT_PRICE / 2 sum (f / body weight)^2 + sum r^2 / (2 RIGID)
    subject to  rows^T a + motion^T f + steady + r = 0,   0 <= a <= cap,   |f_t| <= f_n

where the task is held (no reserve beyond RIGID x HELD_PRICE). Written here as a peer wants it, in units of
one body weight for the forces and of sqrt(RIGID) for the reserves.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import clarabel
import equinox as eqx
import jax
import numpy as np
import piqp
import pytest
from scipy import sparse

import spinesim as ss
from spinesim.solvers import balance
from tests.matrices import parts

pytestmark = pytest.mark.peers

#: Held tasks; some saturate fascicles, some let contacts slip or lift.
TASKS = ("hold_close", "carry_one_side", "stoop_lift", "single_leg_stance", "slouched", "lying_on_side")


class Programme(NamedTuple):
    """Columns of the constraint with its right side, scaled as in the module's docstring."""

    muscle: np.ndarray  # (row, fascicle)
    support: np.ndarray  # (row, 3 per supported contact)
    reserve: np.ndarray  # (row,) diagonal
    target: np.ndarray  # (row,)
    weight: np.ndarray
    cap: np.ndarray

    def cost_of_rest(self, activation, support):
        """Price of the supports and of what the reserves must then make up for."""
        left = (self.target - self.muscle @ activation - self.support @ support) / self.reserve
        return 0.5 * balance.SUPPORT_PRICE * support @ support + 0.5 * left @ left


def programme(model, task, objective, end):
    """The programme, and the activations and support forces with which the engine answers it."""
    got = jax.tree.map(np.asarray, parts(model, task, objective, end.multipliers))
    assert np.all(np.abs(got["multipliers"]) < balance.HELD_PRICE)
    held = np.asarray(task.posture.supports.active) > 0
    moment = np.zeros((len(got["steady"]), len(got["weight"])))
    moment[: got["moment"].shape[1]] = got["moment"].T
    return (
        Programme(
            muscle=moment,
            support=got["support"][held].reshape(-1, len(moment)).T,
            reserve=np.sqrt(balance.RIGID),
            target=-got["steady"],
            weight=got["weight"],
            cap=np.asarray(model.fascicles.cap),
        ),
        np.asarray(end.activation),
        got["force"][held].ravel(),
    )


def by_clarabel(given, weight):
    """Quadratic programme with second-order cones: activations and support forces."""
    n, m, rows = given.muscle.shape[1], given.support.shape[1], len(given.target)
    price = np.concatenate([weight, np.full(m, balance.SUPPORT_PRICE), np.ones(rows)])
    equal = np.hstack([given.muscle, given.support, np.diag(given.reserve)])
    unit = 1 / np.linalg.norm(equal, axis=1)
    blank = np.zeros((n, m + rows))
    matrix = np.vstack([
        unit[:, None] * equal,
        np.hstack([np.eye(n), blank]),
        np.hstack([-np.eye(n), blank]),
        np.hstack([np.zeros((m, n)), -np.eye(m), np.zeros((m, rows))]),
    ])  # fmt: skip
    right = np.concatenate([unit * given.target, given.cap, np.zeros(n), np.zeros(m)])
    cones = [clarabel.ZeroConeT(rows), clarabel.NonnegativeConeT(2 * n)]
    cones += [clarabel.SecondOrderConeT(3)] * (m // 3)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-13
    solver = clarabel.DefaultSolver(
        sparse.diags(price, format="csc"), np.zeros(len(price)), sparse.csc_matrix(matrix), right, cones,
        settings,
    )  # fmt: skip
    found = np.array(solver.solve().x)
    return found[:n], found[n : n + m]


def by_piqp(given, weight, support, top=0.0):
    """The activations alone, support forces given; `top` prices the square of s >= activation / cap."""
    n, rows = given.muscle.shape[1], len(given.target)
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-12
    solver.settings.eps_duality_gap_abs = solver.settings.eps_duality_gap_rel = 1e-12
    price = np.concatenate([weight, np.ones(rows), [top]])
    equal = np.hstack([given.muscle, np.diag(given.reserve), np.zeros((rows, 1))])
    below = np.hstack([np.eye(n), np.zeros((n, rows)), -given.cap[:, None]])
    low = np.concatenate([np.zeros(n), np.full(rows, -1e9), [0.0]])
    high = np.concatenate([given.cap, np.full(rows, 1e9), [1.0]])
    solver.setup(
        np.diag(price), np.zeros(n + rows + 1), equal, given.target - given.support @ support,
        below, np.full(n, -1e9), np.zeros(n), low, high,
    )  # fmt: skip
    solver.solve()
    return solver.result.x[:n]


def by_ipopt(given, softening, activation, support, room):
    """Cubes of activation, support forces given; started a little away from the answer."""
    np.savez(
        room / "problem.npz", muscle=given.muscle, reserve=given.reserve, weight=given.weight, cap=given.cap,
        target=given.target - given.support @ support, softening=softening, start=0.5 * activation + 0.1,
    )  # fmt: skip
    script = Path(__file__).with_name("share_cubes.py")
    command = [sys.executable, str(script), str(room / "problem.npz"), str(room / "answer.npy")]
    clean = {"PATH": os.environ["PATH"]}  # OpenSim, where imported, points the loader at its own CasADi
    subprocess.run(command, check=True, capture_output=True, env=clean)
    return np.load(room / "answer.npy")


@pytest.fixture(scope="module", params=TASKS)
def squares(request, model, solved):
    task = ss.task(request.param)
    return programme(model, task, ss.Effort(), solved(task))


def total(given, activation, support):
    return 0.5 * given.weight @ activation**2 + given.cost_of_rest(activation, support)


def test_clarabel_finds_no_cheaper_sharing(squares):
    given, activation, support = squares
    theirs = by_clarabel(given, given.weight)
    np.testing.assert_allclose(total(given, activation, support), total(given, *theirs), rtol=1e-8)
    np.testing.assert_allclose(activation, theirs[0], rtol=0, atol=1e-6)


def test_piqp_finds_no_cheaper_sharing(squares):
    given, activation, support = squares
    theirs = by_piqp(given, given.weight, support)
    np.testing.assert_allclose(total(given, activation, support), total(given, theirs, support), rtol=1e-8)
    np.testing.assert_allclose(activation, theirs, rtol=0, atol=1e-6)


@eqx.filter_jit
def solve_with(model, task, objective):
    return ss.solve(model, task, objective=objective)


@pytest.mark.parametrize("name", ["hold_close", "stoop_lift"])
def test_ipopt_finds_no_cheaper_sharing_of_cubes(model, name, tmp_path):
    task, objective = ss.task(name), ss.Effort(power=3)
    given, activation, support = programme(model, task, objective, solve_with(model, task, objective))

    def cost(a):
        soft = 0.5 * objective.softening * a**2
        return given.weight @ (a**3 / 3 + soft) + given.cost_of_rest(a, support)

    theirs = by_ipopt(given, objective.softening, activation, support, tmp_path)
    np.testing.assert_allclose(cost(activation), cost(theirs), rtol=1e-8)
    useful = np.any(given.muscle != 0, axis=0)  # the others are where IPOPT's barrier leaves them
    np.testing.assert_allclose(activation[useful], theirs[useful], rtol=0, atol=1e-6)
    assert not np.any(activation[~useful])


@pytest.mark.parametrize("name", ["hold_close", "stoop_lift"])
def test_piqp_finds_no_lower_top(model, name):
    """With the top as one more unknown of a quadratic programme."""
    task, objective = ss.task(name), ss.MinMax()
    given, activation, support = programme(model, task, objective, solve_with(model, task, objective))
    rest, count = float(objective.rest) * given.weight, len(given.cap)
    theirs = by_piqp(given, rest, support, top=count)
    ours, other = (
        0.5 * count * np.max(a / given.cap) ** 2 + 0.5 * rest @ a**2 + given.cost_of_rest(a, support)
        for a in (activation, theirs)
    )
    np.testing.assert_allclose(ours, other, rtol=1e-8)
    np.testing.assert_allclose(activation, theirs, rtol=0, atol=1e-6)
