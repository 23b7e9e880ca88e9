"""A movement for people: its frames as a table, and what is read off its curves."""

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from xarray import Dataset

from spinesim.results.report import short

LEVEL = "L4L5"
#: Frames that are listed, evenly spread.
LISTED = 11
#: Columns of the table: heading, value of a frame, decimals.
COLUMNS = {
    "trunk\n[deg]": (lambda at: np.degrees(at.trunk_flexion), 0),
    "disc\n[N]": (lambda at: at.disc_compression.sel(level=LEVEL), 0),
    "forward\nshear [N]": (lambda at: at.disc_anterior_shear.sel(level=LEVEL), 0),
    "right\nshear [N]": (lambda at: at.disc_lateral_shear.sel(level=LEVEL), 0),
    "pressure\n[MPa]": (lambda at: at.intradiscal_pressure.sel(level=LEVEL) / 1e6, 2),
}
_STEADY = {"stability\n[N m/rad]": (lambda at: at.stability_eigenvalue, 0)}


def summary(ds: Dataset) -> RenderableType:
    """How the frames ended, the table, and flexion-relaxation where the trunk bends far."""
    return Group(*_ends(ds), _table(ds), *_relaxation(ds))


def _ends(ds: Dataset) -> Iterator[Text]:
    names, counts = np.unique(ds.status, return_counts=True)
    ended = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
    yield Text(f"{ds.attrs['movement']}, {ds.status.size} frames: {ended}", "bold")
    for name in names:
        if name != "converged":
            yield Text(f"{name}: {ds.status.attrs[name]} Its loads are left out.", "red")


def _table(ds: Dataset) -> Table:
    columns = COLUMNS | (_STEADY if "stability_eigenvalue" in ds else {})
    table = Table(
        title=f"Loads at {LEVEL}",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("phase")
    for heading in columns:
        table.add_column(Text(heading), justify="right")
    table.add_column("busiest muscle", no_wrap=True)
    table.add_column("status")
    last = ds.status.size - 1
    for index in np.unique(np.linspace(0, last, min(LISTED, last + 1)).round().astype(int)):
        at = ds.isel(phase=index)
        status = str(at.status.item())
        table.add_row(
            f"{float(at.phase):.2f}",
            *(_fixed(float(value(at)), digits) for value, digits in columns.values()),
            _busiest(at),
            Text(status, "" if status == "converged" else "bold red"),
        )
    return table


def _fixed(value: float, digits: int) -> str:
    return "-" if np.isnan(value) else f"{round(value, digits) + 0.0:.{digits}f}"


def _busiest(at: Dataset) -> str:
    if at.group_activation.isnull().all():
        return "-"
    group = str(at.group.values[int(np.argmax(at.group_activation.values))])
    return f"{short(group[:-2])} {group[-1]} {100 * float(at.group_activation.max()):.0f} %"


def _relaxation(ds: Dataset) -> Iterator[Text]:
    if "flexion_relaxation" in ds:
        yield Text(f"Flexion-relaxation: {ds.flexion_relaxation.attrs['comment']}.")
