"""One calibration of the passive tissues, to the bench experiments of categories 3 and 4 only.

Run it with `python -m spinesim.calibration.tissue`: it writes the factors of `models/tables/tissue_fit.csv`,
which `lumbar_model` reads, and `tables/tissue_misfit.csv` here, the answers beside their measurements. What
they owe to each tissue is written by `python -m spinesim.calibration.slopes` after it.

What is sought is the most probable set of factors: every fitted row misses by a normal error whose two
standard deviations are its accepted band (wider for rows only recalled: weights 1, 0.6 and 0.2 for
confidence A, B and C), every factor strays from the published number by a log-normal error whose
two standard deviations are its range, and none leaves its range. Exact Jacobians through the simulation.
"""

from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import least_squares

from spinesim._jax import QUICK_COMPILE
from spinesim.calibration.files import FOLDER, write_table
from spinesim.calibration.slopes import moved
from spinesim.models import tables
from spinesim.models.anatomy import Model
from spinesim.models.build import lumbar_model
from spinesim.validation.segments import Answers, answers
from spinesim.validation.targets import Target, targets, uses

#: Rows that tissues are fitted to, and those that the fit never sees, though answered: other laboratories,
#: combined loads, other preloads and directions.
BENCH = tuple(
    name for name, row in targets().items() if row.category in ("3_fsu", "4_facet") or name == "crp_idp"
)
FITTED = tuple(name for name in BENCH if name in uses() and uses()[name].use == "fitted")
HELD_OUT = tuple(name for name in BENCH if name not in uses() or uses()[name].use == "informed")


class Fit(NamedTuple):
    """A finished fit."""

    factor: Float[np.ndarray, "row"]
    answers: dict[str, float]
    cost: float
    evaluations: int


def fit(model: Model, *, evaluations: int = 30) -> Fit:
    """The most probable factors, by trust-region least squares within their ranges.

    Args:
        model: the body as `lumbar_model` makes it, with the factors of the table.
        evaluations: simulations allowed.
    """
    table = tables.load("tissue_fit")
    given, low, high = (np.log(table.numbers(name)) for name in ("factor", "low", "high"))
    spread = (high - low) / 4

    def misfit(log: Float[Array, "row"]) -> tuple[Float[Array, "n"], Answers]:
        found = answers(moved(model, log - given))
        return jnp.concatenate([measured_misfit(found), log / spread]), found

    value = jax.jit(misfit, compiler_options=QUICK_COMPILE)
    slope = jax.jit(jax.jacfwd(misfit, has_aux=True), compiler_options=QUICK_COMPILE)
    exact = cast(Any, lambda log: np.asarray(slope(log)[0]))  # scipy's own types know only its words
    end = least_squares(
        lambda log: np.asarray(value(log)[0]), given, exact,
        bounds=(low, high), ftol=1e-3, max_nfev=evaluations,
    )  # fmt: skip
    found = {name: float(answer) for name, answer in value(end.x)[1].items()}
    return Fit(np.exp(end.x), found, float(end.cost), end.nfev)


def measured_misfit(found: Answers) -> Float[Array, "n"]:
    """How far the fitted answers lie from their measurements, in standard deviations."""
    rows = [targets()[name] for name in FITTED]
    return jnp.stack([(found[row.id] - row.value) / _spread(row) for row in rows])


def _spread(row: Target) -> float:
    return (row.accept_high - row.accept_low) / 4 / row.weight**0.5


def write(result: Fit) -> None:
    """Write the factors where the model reads them, and the misfit of every row beside this file."""
    table = tables.load("tissue_fit")
    for row, factor in zip(table.rows, result.factor, strict=True):
        row["factor"] = f"{factor:.4g}"
    write_table(tables.FOLDER / "tissue_fit.csv", table.header, [row.values() for row in table.rows])
    header = ("id", "use", "answer", "value", "accept_low", "accept_high", "in_band", "unit", "grade")
    write_table(FOLDER / "tissue_misfit.csv", header, [_misfit_row(row, result) for row in _answered(result)])


def _answered(result: Fit) -> list[Target]:
    return [targets()[name] for name in BENCH if name in result.answers]


def _misfit_row(row: Target, result: Fit) -> tuple[object, ...]:
    answer, use = result.answers[row.id], "held out" if row.id in HELD_OUT else "fitted"
    band = (row.value, row.accept_low, row.accept_high, "yes" if row.accepts(answer) else "no")
    return (row.id, use, f"{answer:.4g}", *band, row.unit, "fitted")


if __name__ == "__main__":
    write(fit(lumbar_model()))
