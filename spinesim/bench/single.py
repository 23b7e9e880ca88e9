"""What single precision costs: random cases solved in float64 and, by a process of its own, in float32.

python -m spinesim.bench.single --seed 2030 --count 12000 --json benchmarks/results/single.json
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array

from spinesim._record import words
from spinesim.bench import counting
from spinesim.bench.cases import random_cases
from spinesim.bench.held import answers
from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status
from spinesim.sweeps.chunks import joined
from spinesim.sweeps.ending import counted, ended

QUANTITIES = (
    "disc_compression", "disc_anterior_shear", "disc_lateral_shear", "disc_moment", "intradiscal_pressure",
    "facet_force", "activation",
)  # fmt: skip
#: Cases refused in float64 that are asked in float32 as well: most of them take all the steps there are.
_REFUSED = 500

Columns = dict[str, np.ndarray]


def solved(seed: int, count: int, numbers: np.ndarray) -> Columns:
    """Quantities and status of the cases of these numbers."""
    every, _ = random_cases(seed, count)

    def about(_bodies: Model, _tasks: Task, end: Equilibrium) -> dict[str, Array]:
        (status,) = jax.tree.leaves(end.status)
        return {"status": status} | {name: getattr(end, name) for name in QUANTITIES}

    return joined(answers(jax.tree.map(lambda leaf: leaf[numbers], every), about))


def in_single(seed: int, count: int, numbers: np.ndarray) -> Columns:
    """`solved` by a process that runs in float32."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = Path(folder) / "numbers.npy", Path(folder) / "answer.npz"
        np.save(asked, numbers)
        command = [sys.executable, "-m", "spinesim.bench.single", "--seed", str(seed), "--count", str(count)]
        environment = os.environ | {"JAX_ENABLE_X64": "0"}
        subprocess.run([*command, "--solve", str(asked), str(answer)], env=environment, check=True)
        with np.load(answer) as found:
            return dict(found)


def compared(seed: int, count: int) -> dict[str, Any]:
    """Errors of float32 over the cases held in both, and how those refused in float64 end in float32."""
    double = solved(seed, count, np.arange(count))
    status = words(Status, double["status"])
    held, refused = np.flatnonzero(status == "converged"), np.flatnonzero(status != "converged")[:_REFUSED]
    numbers = np.concatenate([held, refused])
    single = in_single(seed, count, numbers)
    ends = words(Status, single["status"])
    both = np.flatnonzero(ends[: len(held)] == "converged")
    return {
        "seed": seed,
        "count": count,
        "held_in_float64": len(held),
        "of_these_in_float32": ended(counted(single["status"][: len(held)])),
        "refused_in_float64": ended(counted(double["status"][refused])),
        "of_these_in_float32_again": ended(counted(single["status"][len(held) :])),
        "refused_alike": int(np.sum(ends[len(held) :] == status[refused])),
        "held_though_refused": int(np.sum(ends[len(held) :] == "converged")),
        "errors": {name: _errors(single[name][both], double[name][held[both]]) for name in QUANTITIES},
    }


def _errors(single: np.ndarray, double: np.ndarray) -> dict[str, float]:
    """Largest error of a case, over the cases, and the largest value; SI units."""
    worst = np.max(np.abs(single - double).reshape(len(double), -1), axis=1)
    said = dict(zip(("median", "99 %", "largest"), np.quantile(worst, (0.5, 0.99, 1.0)), strict=True))
    return {name: float(f"{value:.3g}") for name, value in (said | {"of": np.max(np.abs(double))}).items()}


def main() -> None:
    """Compare, or be the process that runs in float32."""
    asking = counting.parser(__doc__, seed=2030, count=12_000)
    asking.add_argument("--solve", type=Path, nargs=2, metavar=("NUMBERS", "ANSWER"))
    asked = asking.parse_args()
    if asked.solve:
        found = solved(asked.seed, asked.count, np.load(asked.solve[0]))
        np.savez(asked.solve[1], allow_pickle=False, **found)
        return
    found = compared(asked.seed, asked.count)
    print(json.dumps(found, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
