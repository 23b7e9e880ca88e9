"""A sweep for people: how the cases ended, and what the most telling load does in each."""

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from xarray import Dataset

LEVEL = "L4L5"
#: Cases that are listed one by one; of more than that only the ends are told.
LISTED = 60
#: Columns of the table, where the sweep kept the quantity: heading, factor, decimals.
COLUMNS = {
    "disc_compression": ("disc\n[N]", 1.0, 0),
    "intradiscal_pressure": ("pressure\n[MPa]", 1e-6, 2),
    "facet_share": ("facets\n[%]", 100.0, 1),
    "pelvic_tilt": ("pelvis\n[deg]", 180 / np.pi, 1),
}


def summary(ds: Dataset) -> RenderableType:
    """Counts of how the cases ended, then the cases."""
    return Group(Text(ds.attrs["ended"], "bold"), *_failed(ds), *_cases(ds))


def _failed(ds: Dataset) -> Iterator[Text]:
    for name in np.unique(ds.status):
        if name != "converged":
            yield Text(f"{name}: {ds.status.attrs[name]} Its loads are left out.", "red")


def _cases(ds: Dataset) -> Iterator[Table]:
    if ds.status.size > LISTED:
        return
    ds = ds.squeeze()
    axes, at = ds.status.dims, ds.sel(level=LEVEL) if "level" in ds.dims else ds
    kept = {name: column for name, column in COLUMNS.items() if name in ds}
    table = Table(
        title=f"Compression, pressure and facet share at {LEVEL}, pelvic tilt",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    for axis in axes:
        table.add_column(str(axis), no_wrap=True)
    for heading, *_ in kept.values():
        table.add_column(heading, justify="right")
    table.add_column("status")
    for place in np.ndindex(ds.status.shape):
        case = at.isel(dict(zip(axes, place, strict=True)))
        status = str(case.status.item())
        table.add_row(
            *(str(case[axis].item()) for axis in axes),
            *(f"{factor * float(case[name]) + 0.0:.{digits}f}" for name, (_, factor, digits) in kept.items()),
            Text(status, "" if status == "converged" else "bold red"),
        )
    yield table
