"""Rows of a benchmark as a dataset, as a file and back."""

import json
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from spinesim._files import replacing
from spinesim.bench.timing import Row
from spinesim.results.files import as_json

_TIMES = ("time", "low", "high", "first")
#: What tables of a benchmark say of the machine.
MACHINE = (
    "processor", "cores", "device", "system", "python_version", "jax_version", "spinesim_version", "date",
)  # fmt: skip


def dataset(rows: Sequence[Row], about: dict[str, str]) -> xr.Dataset:
    """One entry a row, times in seconds."""
    units = {name: {"units": "s"} for name in _TIMES}
    columns = {
        name: ("row", [getattr(row, name) for row in rows], units.get(name, {})) for name in Row._fields
    }
    return xr.Dataset(columns, attrs=about)


def save(ds: xr.Dataset, path: Path) -> None:
    """Write a benchmark as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_text(as_json(ds) + "\n")


def load(path: Path) -> xr.Dataset:
    """A benchmark that `save` wrote.

    Raises:
        ValueError: the file is not one.
    """
    try:
        ds = xr.Dataset.from_dict(json.loads(path.read_text()))
        said = {**ds.data_vars, **ds.attrs}
        missing = [name for name in (*Row._fields, *MACHINE) if name not in said]
        if missing:
            raise ValueError(f"it has no {', '.join(missing)}")
        return ds.assign({name: ds[name].astype(float) for name in (*_TIMES, "error")})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a benchmark that `spinesim bench --json` wrote: {error}") from None
