"""IPOPT shares cubes of activation: a program of its own, for CasADi and OpenSim cannot live in one process.

    python share_cubes.py PROBLEM.npz ANSWER.npy

minimises sum weight (a^3 / 3 + softening a^2 / 2) + |r|^2 / 2 subject to muscle a + reserve r = target and
0 <= a <= cap, started from `start`.
"""

import sys

import casadi
import numpy as np


def share(muscle, reserve, target, weight, cap, softening, start):
    """Activations of least cost."""
    rows, n = muscle.shape
    a, r = casadi.SX.sym("a", n), casadi.SX.sym("r", rows)
    unit = 1 / np.linalg.norm(muscle, axis=1).clip(1e-3)
    rest = casadi.DM(unit) * (casadi.DM(muscle) @ a + casadi.DM(reserve) * r - casadi.DM(target))
    cost = casadi.dot(weight, a**3) / 3 + 0.5 * float(softening) * casadi.dot(weight, a**2)
    nlp = {"x": casadi.vertcat(a, r), "f": cost + 0.5 * casadi.sumsqr(r), "g": rest}
    tight = {"tol": 1e-14, "dual_inf_tol": 1e-9, "constr_viol_tol": 1e-12, "compl_inf_tol": 1e-17}
    tight |= {"mu_min": 1e-20}  # a barrier of mu keeps silent fascicles at sqrt(mu / softening)
    quiet = {"print_level": 0, "sb": "yes", "bound_relax_factor": 0.0, "max_iter": 500}
    solver = casadi.nlpsol("peer", "ipopt", nlp, {"ipopt": tight | quiet, "print_time": False})
    free = np.full(rows, np.inf)
    found = solver(
        x0=np.concatenate([start, np.zeros(rows)]),
        lbx=np.concatenate([np.zeros(n), -free]), ubx=np.concatenate([cap, free]), lbg=0, ubg=0,
    )  # fmt: skip
    return np.array(found["x"]).ravel()[:n]


if __name__ == "__main__":
    problem, answer = sys.argv[1:]
    np.save(answer, share(**np.load(problem)))
