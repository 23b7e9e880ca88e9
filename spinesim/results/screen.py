"""A movement screen as a table to be read: before and after, beside norm and error of every test."""

from collections.abc import Iterator

import numpy as np
from rich.table import Table
from xarray import Dataset

#: What the screen of a rehab dataset is called there.
PREFIX = "screen."


def of_rehab(ds: Dataset) -> Dataset:
    """The screen that a rehab dataset holds, as `ss.screen` gives it."""
    own = [str(name) for name in ds.data_vars if str(name).startswith(PREFIX)]
    return ds[own].rename({name: name.removeprefix(PREFIX) for name in own})


def screen_table(ds: Dataset) -> Table:
    """A row for every test: values by moment, norm, standard error, and whether a change is beyond it."""
    moments = [str(name) for name in ds.moment.values]
    several = len(moments) > 1
    heads = ["movement screen", *moments, "norm (SD)", "error"] + ["change beyond error"] * several
    table = Table(*heads, box=None)
    for row in rows(ds):
        table.add_row(*row)
    return table


def rows(ds: Dataset) -> Iterator[list[str]]:
    """The cells of the table, as words."""
    for name in ds.test.values:
        one = ds.sel(test=name)
        values = [float(value) for value in one.value]
        unit = "" if one.unit.item() == "1" else f" {one.unit.item()}"
        cells = [f"{one.label.item()}", *(f"{value:.{_digits(value)}f}{unit}" for value in values)]
        cells += [_norm(one), f"{one.error.item():.2g}"]
        yield cells + ([_change(one, values)] if len(values) > 1 else [])


def _digits(value: float) -> int:
    return 0 if abs(value) >= 20 else 1


def _norm(one: Dataset) -> str:
    norm, spread = one.norm.item(), one.norm_sd.item()
    return "-" if np.isnan(norm) else f"{norm:g}" + ("" if np.isnan(spread) else f" ({spread:g})")


def _change(one: Dataset, values: list[float]) -> str:
    """Better or worse by more than what the test can tell apart, or nothing."""
    change = values[-1] - values[0]
    if abs(change) <= one.detectable.item():
        return "no"
    return "better" if (change > 0) == (one.better.item() == "higher") else "worse"
