"""A benchmark drawn: time against accuracy of engines, throughput against the batch, cost against size."""

from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from xarray import Dataset

_ROUNDING = 1e-16  # a gap of the optimum below it is drawn there
#: What draws rows of a benchmark, and its rows.
Panel = tuple[Callable[[Axes, Dataset], Axes], Dataset]
#: Questions that ask what a solve costs with more of something, by what there is more of.
SIZES = {
    "coupled solve, fascicles": "fascicles of the body",
    "coupled solve, levels": "mobile levels, the others fused",
    "coupled solve, contacts": "places that may be supported",
    "coupled solve, supports": "supported places, by posture",
}


def figure(ds: Dataset) -> Figure:
    """Every panel whose questions were asked.

    Raises:
        ValueError: none of them was.
    """
    timed = ds.sel(row=np.isfinite(ds.time))
    sharing = timed.sel(row=timed.question.str.startswith("sharing"))
    coupled = timed.sel(row=timed.question == "coupled solve")
    sized = [
        (partial(cost, what=what), timed.sel(row=timed.question == name)) for name, what in SIZES.items()
    ]
    rows = [_asked([(accuracy, sharing), (throughput, coupled)]), _asked(sized)]
    rows = [row for row in rows if row]
    if not rows:
        raise ValueError("this benchmark asks nothing that is drawn")
    page = Figure(figsize=(11, 0.6 + 4 * len(rows)), layout="constrained")
    for part, row in zip(page.subfigures(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
        for axes, (draw, own) in zip(part.subplots(1, len(row), squeeze=False)[0], row, strict=True):
            draw(axes, own)
    return page


def _asked(panels: list[Panel]) -> list[Panel]:
    """Panels that have something to show."""
    return [(draw, own) for draw, own in panels if own.sizes["row"]]


def accuracy(axes: Axes, own: Dataset) -> Axes:
    """Time of a sharing problem against the cost above the best found."""
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


def throughput(axes: Axes, own: Dataset) -> Axes:
    """Coupled solves a second against the number of cases asked in one go."""
    own = own.sortby("cases")
    axes.errorbar(
        own.cases, 1 / own.time, yerr=[1 / own.time - 1 / own.high, 1 / own.low - 1 / own.time], marker="o",
        capsize=3,
    )  # fmt: skip
    axes.set(
        xscale="log", xlabel="cases in one go", ylabel="coupled solves a second", title="Coupled solve",
        ylim=(0, None),
    )  # fmt: skip
    return axes


def cost(axes: Axes, own: Dataset, what: str) -> Axes:
    """Time of a coupled solve against how many there are of something: the number its rows open with."""
    count = np.array([int(str(solver).split()[0]) for solver in own.solver.values])
    order = np.argsort(count)
    time, low, high = (1e3 * own[name].values[order] for name in ("time", "low", "high"))
    axes.errorbar(count[order], time, yerr=[time - low, high - time], marker="o", capsize=3)
    axes.set(xlabel=what, ylabel="time a case [ms]", xlim=(0, None), ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    return axes
