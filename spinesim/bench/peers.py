"""Engines that no one here wrote, asked the same sharing problems, one at a time as their users do.

Each is a function `(problem, power) -> activations`, made by a maker that imports its engine, so that one
that is not installed is listed as absent. Unknowns are the activations and the reserves over the root of
their softness, so that all prices are of the order of one. Tolerances are those at which an engine's answer
was found good to a millionth of the cost, or the tightest it reaches.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from spinesim.bench.sharing import SOFTNESS, Sharing
from spinesim.solvers.recruitment import Effort

Answer = Callable[[Sharing, int], np.ndarray]


def engine(name: str) -> Any:
    """A compiled engine, whose parts no type checker sees."""
    return import_module(name)


class Quadratic(NamedTuple):
    """min 1/2 sum price x^2, equal x = target, 0 <= x[:n] <= cap: the problem of squares."""

    price: np.ndarray
    equal: np.ndarray
    target: np.ndarray
    cap: np.ndarray


def quadratic(given: Sharing) -> Quadratic:
    rows, target, weight, cap = map(np.asarray, given)
    count = rows.shape[1]
    return Quadratic(
        np.concatenate([weight, np.ones(count)]), np.hstack([rows.T, np.diag(np.sqrt(SOFTNESS))]), target, cap
    )


def piqp() -> Answer:
    piqp = engine("piqp")

    def answer(given: Sharing, power: int) -> np.ndarray:
        q, n = quadratic(given), len(given.cap)
        solver = piqp.SparseSolver()
        solver.settings.eps_abs = solver.settings.eps_rel = 1e-9
        free = np.full(len(q.price) - n, 1e9)
        solver.setup(
            sparse.csc_matrix(sparse.diags(q.price)), np.zeros(len(q.price)),
            sparse.csc_matrix(q.equal), q.target,
            x_l=np.concatenate([np.zeros(n), -free]), x_u=np.concatenate([q.cap, free]),
        )  # fmt: skip
        solver.solve()
        return np.array(solver.result.x[:n])

    return answer


def clarabel() -> Answer:
    clarabel = engine("clarabel")
    settings = clarabel.DefaultSettings()
    settings.verbose = False

    def answer(given: Sharing, power: int) -> np.ndarray:
        q, n, rows = quadratic(given), len(given.cap), len(given.target)
        identity = np.hstack([np.eye(n), np.zeros((n, rows))])
        matrix = sparse.csc_matrix(np.vstack([q.equal, identity, -identity]))
        right = np.concatenate([q.target, q.cap, np.zeros(n)])
        cones = [clarabel.ZeroConeT(rows), clarabel.NonnegativeConeT(2 * n)]
        price = sparse.csc_matrix(sparse.diags(q.price))
        solver = clarabel.DefaultSolver(price, np.zeros(n + rows), matrix, right, cones, settings)
        return np.array(solver.solve().x[:n])

    return answer


def daqp() -> Answer:
    daqp = engine("daqp")

    def answer(given: Sharing, power: int) -> np.ndarray:
        q, n, rows = quadratic(given), len(given.cap), len(given.target)
        upper = np.concatenate([q.cap, np.full(rows, 1e9), q.target])
        lower = np.concatenate([np.zeros(n), np.full(rows, -1e9), q.target])
        sense = np.concatenate([np.zeros(n + rows), np.full(rows, 5)]).astype(np.int32)  # 5: an equality
        found, *_ = daqp.solve(np.diag(q.price), np.zeros(n + rows), q.equal, upper, lower, sense)
        return np.array(found[:n])

    return answer


def osqp() -> Answer:
    osqp = engine("osqp")

    def answer(given: Sharing, power: int) -> np.ndarray:
        q, n, rows = quadratic(given), len(given.cap), len(given.target)
        bounded = np.hstack([np.eye(n), np.zeros((n, rows))])
        matrix = sparse.csc_matrix(np.vstack([q.equal, bounded]))
        solver = osqp.OSQP()
        solver.setup(
            sparse.csc_matrix(sparse.diags(q.price)), np.zeros(n + rows), matrix,
            np.concatenate([q.target, np.zeros(n)]), np.concatenate([q.target, q.cap]),
            verbose=False, polishing=True, eps_abs=1e-6, eps_rel=1e-6, max_iter=20_000,
        )  # fmt: skip
        return np.array(solver.solve(raise_error=False).x[:n])

    return answer


def ipopt() -> Answer:
    casadi = engine("casadi")

    programmes: dict[tuple[int, int, int], Any] = {}

    def made(n: int, rows: int, power: int) -> Any:
        sizes = {"a": n, "r": rows, "p": n * rows + n}
        a, r, data = (casadi.MX.sym(name, size) for name, size in sizes.items())
        matrix, weight = casadi.reshape(data[: n * rows], rows, n), data[n * rows :]
        soft = 0.5 * Effort(power).softening * a**2 if power > 2 else 0
        value = casadi.dot(weight, a**power / power + soft) + 0.5 * casadi.dot(r, r)
        balance = matrix @ a + np.sqrt(SOFTNESS) * r
        quiet = {"print_time": False, "ipopt": {"print_level": 0, "sb": "yes", "tol": 1e-9}}
        problem = {"x": casadi.vertcat(a, r), "p": data, "f": value, "g": balance}
        return casadi.nlpsol("share", "ipopt", problem, quiet)

    def answer(given: Sharing, power: int) -> np.ndarray:
        rows, target, weight, cap = map(np.asarray, given)
        (n, m), none = rows.shape, np.full(rows.shape[1], np.inf)
        if (n, m, power) not in programmes:
            programmes[n, m, power] = made(n, m, power)
        found = programmes[n, m, power](
            x0=np.concatenate([np.full(n, 0.1), np.zeros(m)]), p=np.concatenate([rows.ravel(), weight]),
            lbx=np.concatenate([np.zeros(n), -none]), ubx=np.concatenate([cap, none]), lbg=target, ubg=target,
        )  # fmt: skip
        return np.array(found["x"]).ravel()[:n]

    return answer


#: Maker of each engine by name, with the powers of the objective that it can be asked.
ENGINES: dict[str, tuple[Callable[[], Answer], tuple[int, ...]]] = {
    "daqp": (daqp, (2,)),
    "piqp": (piqp, (2,)),
    "clarabel": (clarabel, (2,)),
    "osqp, polished": (osqp, (2,)),
    "IPOPT by CasADi": (ipopt, (2, 3)),
}
