"""Columns over the cases of a design as a dataset with names, units and provenance."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from spinesim._provenance import fingerprint, provenance
from spinesim._record import sentences, words
from spinesim.models.labels import labels
from spinesim.models.potential import SOURCES
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status
from spinesim.solvers.stability import Stability
from spinesim.sweeps.design import AXES, Design
from spinesim.sweeps.ending import counted, ended

if TYPE_CHECKING:
    from xarray import Dataset

#: Quantities of a result, by name.
QUANTITIES = {field.name: field for field in fields(Equilibrium) if "dims" in field.metadata}
#: Those of its stability, by name: measured where one of them is wanted.
STEADY = {field.name: field for field in fields(Stability) if "unit" in field.metadata}
#: Whatever a sweep can keep.
OFFERED = QUANTITIES | STEADY
#: How a case ended: kept whatever is asked for, and for every case.
ENDING = ("status", "residual_force", "residual_moment", "steps", "reserve_moment", "reserve_whole")

#: Values of some cases by quantity, the status as its index.
Columns = dict[str, np.ndarray]


def labelled(asked: Design, values: Columns) -> "Dataset":
    """Columns over all cases as a dataset; NaN where a case did not converge."""
    variables = {}
    for name, column in values.items():
        dims, attrs = about(name)
        variables[name] = dims, told(name, column, values).reshape(*asked.shape, *column.shape[1:]), attrs
    ds = outline(asked, tuple(values)).assign(variables)
    return ds.assign_attrs(ended=ended(counted(values["status"])))


def outline(asked: Design, names: tuple[str, ...]) -> "Dataset":
    """The dataset of a design and of the quantities of these names, before it has any values."""
    import xarray as xr

    model = jax.tree.map(lambda leaf: leaf[0], asked.models)
    named = labels(model) | {
        "body": asked.body,
        "imbalance": asked.imbalance,
        "task": asked.task,
        "source": SOURCES,
    }
    used = {dim for name in names for dim in about(name)[0]}
    coords: dict[str, Any] = {dim: list(values) for dim, values in named.items() if dim in used}
    coords["severity"] = ("severity", np.asarray(asked.severity), {"units": "1"})
    attrs = provenance(asked.models, asked) | {"design_hash": fingerprint(asked)}
    return xr.Dataset(coords=coords, attrs=attrs)


def about(name: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Axes and attributes of a quantity of a sweep."""
    metadata, said = OFFERED[name].metadata, {"long_name": name.replace("_", " ")}
    more = sentences(Status) if name == "status" else {"units": metadata["unit"]}
    return (*AXES, *metadata["dims"]), said | more


def told(name: str, column: np.ndarray, beside: Columns) -> np.ndarray:
    """What a dataset says of a column: the status in words, NaN where a case did not converge."""
    status = words(Status, beside["status"])
    if name == "status":
        return status
    if name in ENDING:
        return column
    held = (status == "converged").reshape(-1, *[1] * (column.ndim - 1))
    return np.where(held, column, np.nan)
