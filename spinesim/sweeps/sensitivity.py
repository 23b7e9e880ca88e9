"""Exact local sensitivities: the derivative of one load by every number of the body and the task."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import choose
from spinesim._programs import kept
from spinesim._provenance import provenance
from spinesim._record import Record, words
from spinesim.models.anatomy import Model
from spinesim.models.labels import labels
from spinesim.models.state import Task
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import AbstractObjective
from spinesim.solvers.solution import Status
from spinesim.sweeps.table import QUANTITIES

if TYPE_CHECKING:
    from xarray import Dataset

#: One number of a result, by the name of a quantity or as a function of the equilibrium.
Output = str | Callable[[Equilibrium], Float[Array, ""]]


class Number(NamedTuple):
    """One number of a record: its field, the name of its row, its unit."""

    field: str
    row: str
    unit: str


def sensitivity(
    model: Model,
    task: Task,
    output: Output = "disc_compression",
    *,
    objective: AbstractObjective | None = None,
    **at: str,
) -> "Dataset":
    """Derivatives of one load by every number of `model` and `task`, from one reverse pass.

    Args:
        model: the body.
        task: posture and loads.
        output: a quantity of `Equilibrium` by name, or a function of the equilibrium.
        objective: what the muscles minimise; activations squared by default.
        at: where along the axes of a named quantity, as in `level="L4L5", side="r"`.

    Returns:
        A table along `parameter`, largest elasticity first: `value`, `derivative` (of the output by the
        parameter, both in SI units) and `elasticity`, the relative change of the output per relative change
        of the parameter. A number that is zero has no elasticity, only a derivative. All are NaN if the
        case did not converge.

    Example:
        >>> sensitivity(model, task, "facet_force", level="L5S1", side="r").to_dataframe().head(20)
    """
    read = reading(model, output, at)
    solution = solve(model, task, objective=objective)
    outcome, weight = eqx.filter_value_and_grad(read)(solution)
    held = bool(solution.status == Status.converged)
    slopes = _pull_back(model, task, objective, weight)
    return _table(model, task, slopes, float(outcome) if held else np.nan, solution)


def reading(model: Model, output: Output, at: Mapping[str, str]) -> Callable[[Equilibrium], Float[Array, ""]]:
    """The function that reads one number off an equilibrium."""
    if not isinstance(output, str):
        return output
    dims = QUANTITIES[choose("output", output, QUANTITIES)].metadata["dims"]
    names = labels(model)
    for dim in at:
        choose(f"axis of {output}", dim, dims)
    for dim in dims:
        if dim not in at:
            raise ValueError(f"{output} has many {dim}s: choose one, as in {dim}={names[dim][0]!r}")
    place = tuple(names[dim].index(choose(dim, at[dim], names[dim])) for dim in dims)
    return lambda solution: getattr(solution, output)[place]


@kept
def _pull_back(
    model: Model, task: Task, objective: AbstractObjective | None, weight: Equilibrium
) -> tuple[Model, Task]:
    """Derivative of the weighted sum of all outputs: one program, whatever the output."""

    def floats(both: tuple[Model, Task]) -> Equilibrium:
        return eqx.filter(solve(*both, objective=objective), eqx.is_inexact_array)

    _, pull = eqx.filter_vjp(floats, (model, task))
    (slopes,) = pull(weight)
    return slopes


def _table(
    model: Model, task: Task, slopes: tuple[Model, Task], outcome: float, solution: Equilibrium
) -> "Dataset":
    import xarray as xr

    names = _axis_names(model)
    numbers, values = _listed((model, task), names)
    _, derivatives = _listed(slopes, names)
    derivatives = derivatives + 0.0 * outcome  # NaN if there is no outcome
    elasticity = derivatives * values / outcome if outcome else np.full(len(values), np.nan)
    order = np.argsort(-np.abs(elasticity), kind="stable")
    columns = {"value": values, "derivative": derivatives, "elasticity": elasticity}
    return xr.Dataset(
        {name: ("parameter", column[order]) for name, column in columns.items()}
        | {"unit": ("parameter", [numbers[i].unit for i in order])},
        {
            "parameter": [f"{numbers[i].field}[{numbers[i].row}]" for i in order],
            "field": ("parameter", [numbers[i].field for i in order]),
            "row": ("parameter", [numbers[i].row for i in order]),
        },
        provenance(model, solution) | {"output": outcome, "status": str(words(Status, solution.status))},
    )


def _axis_names(model: Model) -> Mapping[str, Sequence[str]]:
    """Names along the axes of every record of a model or task, where they have names."""
    owner = np.array(model.paths.fascicle)
    order = np.arange(len(owner)) - np.searchsorted(owner, owner)
    stretch = np.array(model.wraps.before)
    ligaments = model.ligaments.ligament
    return labels(model) | {
        "point": [f"{model.fascicles.name[i]} {k}" for i, k in zip(owner, order, strict=True)],
        "wrap": [
            f"{name} {model.fascicles.name[owner[i]]}"
            for name, i in zip(model.wraps.name, stretch, strict=True)
        ],
        "strand": [f"{name} {ligaments[:k].count(name)}" for k, name in enumerate(ligaments)],
        "axis_b": ("x", "y", "z"),
        "shear_axis": ("x", "z"),
    }


def _listed(
    records: tuple[Record, Record], names: Mapping[str, Sequence[str]]
) -> tuple[list[Number], np.ndarray]:
    """Every number of a model and a task: what it is called, and its value."""
    numbers, values = [], []
    for record, prefix in zip(records, ("model.", "task."), strict=True):
        for path, field, value in _quantities(record, prefix):
            array = np.asarray(value)
            said = [_along(names, dim, n) for dim, n in zip(field.metadata["dims"], array.shape, strict=True)]
            unit = field.metadata["unit"]
            numbers += [Number(path, ", ".join(row), unit) for row in product(*said)]
            values.append(array.ravel())
    return numbers, np.concatenate(values)


def _along(names: Mapping[str, Sequence[str]], dim: str, size: int) -> Sequence[str]:
    known = names.get(dim, ())
    return known if len(known) == size else [str(i) for i in range(size)]


def _quantities(record: Record, prefix: str) -> Iterator[tuple[str, Any, Any]]:
    """Every array of a record and of those inside it, with its path and field."""
    for field in fields(record):
        value, path = getattr(record, field.name), prefix + field.name
        if isinstance(value, Record):
            yield from _quantities(value, f"{path}.")
        elif "dims" in field.metadata:
            yield path, field, value
