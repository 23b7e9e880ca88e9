"""A result for people to read: its dataset as a few tables, in a terminal or a notebook."""

from collections.abc import Iterator
from io import StringIO

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from xarray import DataArray, Dataset

WIDTH = 100
HARDEST = 10
LEAST_FORCE = 0.5  # N; below it a support carries nothing worth a line
LEAST_MOMENT = 0.05  # N m; below it the reserve is no more than its softness

#: Columns of the table of levels: heading, value of a level, decimals.
COLUMNS = {
    "compression\n[N]": (lambda at: at.disc_compression, 0),
    "forward\nshear [N]": (lambda at: at.disc_anterior_shear, 0),
    "right\nshear [N]": (lambda at: at.disc_lateral_shear, 0),
    "facet r\n[N]": (lambda at: at.facet_force.sel(side="r"), 0),
    "facet l\n[N]": (lambda at: at.facet_force.sel(side="l"), 0),
    "facet\nshare [%]": (lambda at: 100 * at.facet_share, 1),
    "pressure\n[MPa]": (lambda at: at.intradiscal_pressure / 1e6, 2),
}


def summary(ds: Dataset) -> RenderableType:
    """One case as status, levels, muscles and supports, a predicted one with its turns; a batch as counts."""
    if ds.status.ndim:
        return Group(*_batch(ds))
    turned = [settled(ds)] if "pelvis_change" in ds else []
    return Group(*turned, *_case(ds))


def settled(ds: Dataset) -> RenderableType:
    """What a predicted posture changed in the one that was asked for, and what weighs in it."""
    table = _table(
        "Turned from the posture asked for", "", "right bend [deg]", "left turn [deg]", "extension [deg]"
    )
    rows = {"pelvis": ds.pelvis_change} | {
        str(level): ds.level_change.sel(level=level) for level in ds.level.values
    }
    for name, turn in rows.items():
        table.add_row(name, *(_fixed(angle, 1) for angle in np.degrees(turn)))
    parts = zip(ds.share.values, ds.discomfort_share.values, strict=True)
    weighing = ", ".join(f"{name} {value:.2f}" for name, value in parts if value >= 0.005)
    ends = ds.start_discomfort.values[ds.start_settled.values > 0]
    told = "no start settled"
    if ends.size:
        where = "one posture" if np.ptp(ends) < 1e-3 else "different postures"
        told = f"{ends.size} of {ds.start.size} starts settled, in {where}"
    return Group(table, Text(f"Discomfort: {weighing}; {told}"))


def text(ds: Dataset) -> str:
    """The summary as plain text."""
    return _printed(ds).export_text().rstrip()


def html(ds: Dataset) -> str:
    """The summary for a notebook."""
    return _printed(ds).export_html(inline_styles=True, code_format="<pre>{code}</pre>")


def sentence(ds: Dataset) -> str:
    """How a single case ended, in words."""
    status = str(ds.status.item())
    says = ds.status.attrs.get(status, "")
    return f"{status}: {says}" if says else status


def _printed(ds: Dataset) -> Console:
    console = Console(record=True, width=WIDTH, file=StringIO(), markup=False)  # units stand in brackets
    console.print(summary(ds))
    return console


def _case(ds: Dataset) -> Iterator[RenderableType]:
    style = "bold green" if ds.status == "converged" else "bold red"
    yield Text(f"Equilibrium {sentence(ds)}", style)
    yield Text(
        f"{int(ds.steps)} steps, residual {float(ds.residual_force):.1e} N and "
        f"{float(ds.residual_moment):.1e} N m; "
        f"abdominal pressure {float(ds.intra_abdominal_pressure) / 1e3:.1f} kPa; "
        f"lordosis {np.degrees(float(ds.lumbar_lordosis)):.0f} deg"
    )
    yield _levels(ds)
    yield _groups(ds)
    yield from _vectors("Supports", ds.support_force, "N", LEAST_FORCE, 0)
    if ds.status == "overloaded":
        yield from _vectors("Missing moments", ds.reserve_moment, "N m", LEAST_MOMENT, 1)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left")
    return table


def _levels(ds: Dataset) -> Table:
    table = _table("Levels", "", *COLUMNS)
    for level in ds.level.values[::-1]:
        at = ds.sel(level=level)
        table.add_row(level, *(_fixed(value(at), digits) for value, digits in COLUMNS.values()))
    return table


def _groups(ds: Dataset) -> Table:
    table = _table("Hardest working muscles", "", "activation [%]", "force [N]")
    hardest = ds.group_activation.argsort().values[::-1][:HARDEST]
    for group in ds.group.values[hardest]:
        at = ds.sel(group=group)
        table.add_row(group, f"{100 * float(at.group_activation):.1f}", f"{float(at.group_force):.0f}")
    return table


def _vectors(title: str, vectors: DataArray, unit: str, least: float, digits: int) -> Iterator[Table]:
    """The vectors that are long enough to matter, if there are any."""
    name = vectors.dims[0]
    kept = vectors[np.linalg.norm(vectors, axis=-1) > least]
    if kept.size:
        table = _table(title, "", *(f"{axis} [{unit}]" for axis in vectors.axis.values))
        for row in kept:
            table.add_row(str(row[name].item()), *(_fixed(x, digits) for x in row))
        yield table


def _fixed(value: DataArray, digits: int) -> str:
    """A number with fixed decimals and no minus sign before a zero."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}"


def _batch(ds: Dataset) -> Iterator[RenderableType]:
    names, counts = np.unique(ds.status, return_counts=True)
    ended = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
    yield Text(f"Equilibrium of {ds.status.size} cases {ds.status.shape}: {ended}", "bold")
    if "converged" in names:
        yield _ranges(ds.disc_compression.where(ds.status == "converged"))


def _ranges(compression: DataArray) -> Table:
    table = _table("Compression of the converged", "", "least [N]", "median [N]", "most [N]")
    for level in compression.level.values[::-1]:
        of_level = compression.sel(level=level)
        table.add_row(level, *(_fixed(of_level.quantile(share), 0) for share in (0, 0.5, 1)))
    return table
