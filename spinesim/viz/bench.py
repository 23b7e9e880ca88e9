"""A benchmark drawn: time against accuracy of the engines, throughput against the size of a batch."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xarray import Dataset

_ROUNDING = 1e-16  # a gap of the optimum below it is drawn there


def figure(ds: Dataset) -> Figure:
    """Both panels on a page."""
    page = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = page.subplots(1, 2)
    accuracy(left, ds)
    throughput(right, ds)
    return page


def accuracy(axes: Axes, ds: Dataset) -> Axes:
    """Time of a sharing problem against the cost above the best found."""
    own = ds.sel(row=ds.question.str.startswith("sharing") & np.isfinite(ds.time))
    for solver in dict.fromkeys(own.solver.values):
        at = own.sel(row=own.solver == solver)
        gap = np.maximum(np.abs(at.error), _ROUNDING)
        axes.scatter(1e3 * at.time, gap, s=60 if solver == "spinesim" else 30, label=str(solver))
    axes.set(
        xscale="log", yscale="log", xlabel="time a case [ms]", ylabel="relative cost above the best found",
        title="Muscle sharing alone: lower left is better",
    )  # fmt: skip
    axes.legend(frameon=False)
    return axes


def throughput(axes: Axes, ds: Dataset) -> Axes:
    """Coupled solves a second against the number of cases asked in one go."""
    own = ds.sel(row=ds.question == "coupled solve").sortby("cases")
    axes.errorbar(
        own.cases, 1 / own.time, yerr=[1 / own.time - 1 / own.high, 1 / own.low - 1 / own.time], marker="o",
        capsize=3,
    )  # fmt: skip
    axes.set(
        xscale="log", xlabel="cases in one go", ylabel="coupled solves a second", title="Coupled solve",
        ylim=(0, None),
    )  # fmt: skip
    return axes
