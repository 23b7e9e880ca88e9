"""How the experiments on the bench follow the passive tissues: the exact Jacobian where the fit ended.

`python -m spinesim.calibration.slopes` writes `tables/tissue_slopes.csv`: by row of categories 3, 4 and 8 the
power with which its answer follows the factors of `tissue_fit`, those of all levels together. It takes some
minutes of compiling, so a run of `spinesim validate` reads the table.
"""

from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._jax import QUICK_COMPILE
from spinesim.calibration.files import FOLDER, write_table
from spinesim.models import tables
from spinesim.models.anatomy import Model
from spinesim.models.build import lumbar_model
from spinesim.models.tissue_fit import scaled
from spinesim.validation.between import Parameter, Varied
from spinesim.validation.segments import Answers, answers

TABLE = FOLDER / "tissue_slopes.csv"
#: Axes of a disc's stiffness as they are told; parts of other tissues keep their names.
_AXES = {"x": "in side bending", "y": "in torsion", "z": "in flexion", "all": ""}


def bench_varied(found: Mapping[str, float]) -> Varied:
    """Answers of the bench with each group of factors in turn at the ends of its range, as powers of it."""
    table, known = tables.read(TABLE), {p.name: p for p in groups()[1]}
    ends: Varied = {}
    for name in table.header[1:-2]:
        p = known[name]
        power = dict(zip(table.names("id"), table.numbers(name).tolist(), strict=True))
        ends[p] = {
            row: (found[row] * p.low**e, found[row] * p.high**e) for row, e in power.items() if row in found
        }
    return ends


def powers(
    model: Model, group: Float[np.ndarray, "parameter row"]
) -> dict[str, Float[np.ndarray, "parameter"]]:
    """Power with which every positive answer follows each group of factors."""
    found, slopes = _simulated(model, jnp.asarray(group))
    return {row: np.asarray(slopes[row]) / float(a) for row, a in found.items() if 0 < a < np.inf}


def moved(model: Model, log: Float[Array, "row"]) -> Model:
    """The body with its passive tissues times the exponential of `log`, one for each row of `tissue_fit`."""
    discs, ligaments, facets = scaled((model.discs, model.ligaments, model.facets), jnp.exp(log))
    return replace(model, discs=discs, ligaments=ligaments, facets=facets)


@jax.jit(compiler_options=QUICK_COMPILE)
def _simulated(model: Model, group: Float[Array, "parameter row"]) -> tuple[Answers, Answers]:
    """Answers, and their slopes in the logarithm of every group of factors."""

    def at(log: Float[Array, "parameter"]) -> tuple[Answers, Answers]:
        found = answers(moved(model, log @ group))
        return found, found

    slopes, found = jax.jacfwd(at, has_aux=True)(jnp.zeros(len(group)))
    return found, slopes


def groups() -> tuple[Float[np.ndarray, "parameter row"], list[Parameter]]:
    """Rows of the table of factors by field and part, the levels of each together, and their ranges.

    A range is what all of its levels may still be multiplied by.
    """
    table = tables.load("tissue_fit")
    kinds = [(row["tissue"], row["field"], row["part"]) for row in table.rows]
    low, factor, high = table.numbers("low", "factor", "high").T
    found, group = [], []
    for kind in dict.fromkeys(kinds):
        own = np.array([each == kind for each in kinds])
        tissue, field, part = kind
        words = f"{field.replace('_', ' ')} of {tissue} {_AXES.get(part, part)}".strip()
        source = next(row["source"] for row, mine in zip(table.rows, own, strict=True) if mine)
        ends = float(np.max((low / factor)[own])), float(np.min((high / factor)[own]))
        found.append(Parameter(words, "factor", min(ends[0], 1.0), 1.0, max(ends[1], 1.0), source))
        group.append(own.astype(float))
    return np.array(group), found


def write() -> None:
    """Write the table of powers."""
    group, parameters = groups()
    rows = [
        (row, *(f"{each:.4g}" for each in power), "fitted", "spinesim2026")
        for row, power in powers(lumbar_model(), group).items()
    ]
    write_table(TABLE, ("id", *(p.name for p in parameters), "grade", "source"), rows)


if __name__ == "__main__":
    write()
