"""Engines that no one here wrote, asked the same sharing problems as their users do.

Each is a function `(stacked problems, power) -> activations`, made by a maker that imports its engine, so
that one that is not installed is listed as absent. Unknowns are the activations and the reserves over the
root of their softness, so that all prices are of the order of one. Tolerances are those at which an
engine's answer was found good to a millionth of the cost, or the tightest it reaches.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import sparse

from spinesim.bench.sharing import SOFTNESS, Sharing
from spinesim.solvers.recruitment import Effort

Answer = Callable[[Sharing, int], np.ndarray]


def row(given: Sharing, index: int) -> Sharing:
    """One of many stacked problems."""
    return jax.tree.map(lambda leaf: np.asarray(leaf[index]), given)


def one_by_one(answer: Answer) -> Answer:
    """An engine that takes one problem at a time, asked one after the other."""

    def answers(given: Sharing, power: int) -> np.ndarray:
        return np.stack([answer(row(given, index), power) for index in range(len(given.target))])

    return answers


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


def qpax() -> Answer:
    qpax = engine("qpax")
    tolerance = 1e-5  # its default; at a tenth of it some problems stay unfinished

    def answer(given: Sharing) -> Float[Array, "fascicle"]:
        n, rows = given.rows.shape
        bounded = jnp.hstack([jnp.eye(n), jnp.zeros((n, rows))])
        found, *_ = qpax.solve_qp(
            jnp.diag(jnp.concatenate([given.weight, jnp.ones(rows)])), jnp.zeros(n + rows),
            jnp.hstack([given.rows.T, jnp.diag(jnp.sqrt(SOFTNESS))]), given.target,
            jnp.vstack([bounded, -bounded]), jnp.concatenate([given.cap, jnp.zeros(n)]), solver_tol=tolerance,
        )  # fmt: skip
        return found[:n]

    together = jax.jit(jax.vmap(answer))
    return lambda given, power: np.asarray(together(given))


class Engine(NamedTuple):
    """How an engine is made, the powers of the objective that it can be asked, and how it is asked."""

    make: Callable[[], Answer]
    powers: tuple[int, ...]
    how: str = "one by one"


def _single(make: Callable[[], Answer], *powers: int) -> Engine:
    return Engine(lambda: one_by_one(make()), powers)


ENGINES = {
    "daqp": _single(daqp, 2),
    "piqp": _single(piqp, 2),
    "clarabel": _single(clarabel, 2),
    "osqp, polished": _single(osqp, 2),
    "qpax": Engine(qpax, (2,), "vmap"),
    "IPOPT by CasADi": _single(ipopt, 2, 3),
}
