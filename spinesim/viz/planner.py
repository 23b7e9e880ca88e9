"""An optimised programme on one page: pain of every arm, what it adds, the weeks of the plan."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xarray import Dataset

from spinesim.results.planner import SAID, difference, others
from spinesim.viz import theme
from spinesim.viz.theme import themed

COLOURS = {"optimised": "#D55E00", "generic": "#56B4E9", "none": theme.FAINT, "shuffled": "#CC79A7",
           "matched": "#009E73"}  # fmt: skip


@themed
def figure(ds: Dataset) -> Figure:
    """The page of an `optimise_programme` dataset."""
    page = Figure(figsize=(12.5, 7.5))
    axes = page.subplot_mosaic([["pain", "added"], ["plan", "plan"]])
    pain(axes["pain"], ds)
    added(axes["added"], ds)
    plan(axes["plan"], ds)
    page.supxlabel(str(ds.attrs["said"]), x=0.01, ha="left", fontsize=9, color=theme.FAINT)
    return page


def pain(ax: Axes, ds: Dataset) -> Axes:
    """Median usual pain of the arms; 80 % of the draws of the optimised one shaded."""
    weeks = ds.day.values / 7
    for arm, colour in COLOURS.items():
        low, middle, high = np.quantile(ds.pain.sel(arm=arm).values, [0.1, 0.5, 0.9], axis=0)
        ax.plot(weeks, middle, color=colour, lw=2, label=arm)
        if arm == "optimised":
            ax.fill_between(weeks, low, high, color=colour, alpha=0.2, lw=0)
    ax.set(ylim=(0, 100), xlabel="week", xlim=(0, weeks[-1]))
    ax.set_title("Usual pain [0 to 100]")
    ax.grid(True)
    ax.legend(ncols=2)
    return ax


def added(ax: Axes, ds: Dataset) -> Axes:
    """Mean pain against each other arm, with the interval over draws."""
    names = others(ds)
    theme.rows(ax, [SAID[name].split(",")[0] for name in names])
    for row, name in enumerate(names):
        middle, low, high = difference(ds, name)
        ax.plot([low, high], [row, row], color=theme.INK, lw=2)
        ax.plot(middle, row, "o", color=COLOURS["optimised"], ms=8)
    ax.axvline(0, color=theme.INK, lw=0.8)
    ax.set_title("Optimised less other [points]")
    return ax


def plan(ax: Axes, ds: Dataset) -> Axes:
    """Sets of every week."""
    own = ds.sets.sel(arm="optimised")
    used = [str(name) for name in ds.exercise.values if float(own.sel(exercise=name).max()) > 0]
    image = own.sel(exercise=used).values.T
    ax.imshow(image, aspect="auto", cmap=theme.ACTIVITY, vmin=0, vmax=max(1.0, 1.6 * image.max()))
    ax.set_yticks(range(len(used)), [name.replace("_", " ") for name in used])
    ax.set_xticks(range(ds.sizes["week"]), [str(week + 1) for week in range(ds.sizes["week"])])
    for (row, week), sets in np.ndenumerate(image):
        ax.text(week, row, f"{sets:.0f}", ha="center", va="center", fontsize=9)
    ax.set_title("Sets of a session, by week")
    return ax
