"""A benchmark drawn: time against accuracy of engines, throughput against the batch, cost against size."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from xarray import Dataset

_ROUNDING = 1e-16  # a gap of the optimum below it is drawn there
#: Questions that ask what a solve costs with more of something, by what there is more of.
SIZES = {
    "coupled solve, fascicles": "fascicles of the body",
    "coupled solve, levels": "mobile levels, the others fused",
    "coupled solve, contacts": "places that may be supported",
    "coupled solve, supports": "supported places, by posture",
}


def figure(ds: Dataset) -> Figure:
    """Every panel whose questions were asked."""
    sizes = {question: what for question, what in SIZES.items() if np.any(ds.question == question)}
    page = Figure(figsize=(11, 4.6 if not sizes else 8.6), layout="constrained")
    rows = page.subfigures(2 if sizes else 1, 1, squeeze=False)[:, 0]
    left, right = rows[0].subplots(1, 2)
    accuracy(left, ds)
    throughput(right, ds)
    if sizes:
        below = rows[1].subplots(1, len(sizes), squeeze=False)[0]
        for axes, (question, what) in zip(below, sizes.items(), strict=True):
            cost(axes, ds, question, what)
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
    axes.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
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


def cost(axes: Axes, ds: Dataset, question: str, what: str) -> Axes:
    """Time of a coupled solve against how many there are of something: the number its rows open with."""
    own = ds.sel(row=ds.question == question)
    count = np.array([int(str(solver).split()[0]) for solver in own.solver.values])
    order = np.argsort(count)
    time, low, high = (1e3 * own[name].values[order] for name in ("time", "low", "high"))
    axes.errorbar(count[order], time, yerr=[time - low, high - time], marker="o", capsize=3)
    axes.set(xlabel=what, ylabel="time a case [ms]", xlim=(0, None), ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    return axes
