"""An optimised programme on one page: pain of every arm, what it adds, the weeks of the plan."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xarray import Dataset

from spinesim.results.planner import SAID, difference, others, used
from spinesim.viz import theme
from spinesim.viz.theme import themed

COLOURS = {"optimised": "#D55E00", "generic_core": "#56B4E9", "none": theme.FAINT, "shuffled": "#CC79A7",
           "matched": "#009E73"}  # fmt: skip


@themed
def figure(ds: Dataset) -> Figure:
    """The page of an `optimise_programme` dataset."""
    page = Figure(figsize=(14, 9.5))
    rows: Any = page.subfigures(2, 1, height_ratios=(1, 0.85))
    upper, lower = rows
    names = ("pain", "added", "front") if "front_minutes" in ds else ("pain", "added")
    axes = upper.subplots(1, len(names), width_ratios=(1.1, 1, 1)[: len(names)])
    for ax, draw in zip(np.ravel(axes), (pain, added, front), strict=False):
        draw(ax, ds)
    plan(lower.subplots(), ds)
    lower.supxlabel(str(ds.attrs["said"]), x=0.01, ha="left", fontsize=9, color=theme.FAINT)
    return page


def pain(ax: Axes, ds: Dataset) -> Axes:
    """Median usual pain of the arms; 80 % of the draws of the optimised one shaded."""
    weeks = ds.day.values / 7
    for arm, colour in COLOURS.items():
        low, middle, high = np.quantile(ds.pain.sel(arm=arm).values, [0.1, 0.5, 0.9], axis=0)
        ax.plot(weeks, middle, color=colour, lw=2, label=arm.replace("_", " "))
        if arm == "optimised":
            ax.fill_between(weeks, low, high, color=colour, alpha=0.2, lw=0)
    ax.set(ylim=(0, 100), xlabel="week", xlim=(0, weeks[-1]))
    ax.set_title("Usual pain [0 to 100]")
    ax.grid(True)
    ax.legend()
    return ax


def added(ax: Axes, ds: Dataset) -> Axes:
    """Mean pain against each other arm, with the interval over draws."""
    names = others(ds)
    theme.rows(ax, [SAID[name] for name in names])
    for row, name in enumerate(names):
        middle, low, high = difference(ds, name)
        ax.plot([low, high], [row, row], color=theme.INK, lw=2)
        ax.plot(middle, row, "o", color=COLOURS["optimised"], ms=7)
    ax.axvline(0, color=theme.INK, lw=0.8)
    ax.locator_params(axis="x", nbins=5)
    ax.set_title("Optimised less other [points]")
    return ax


def front(ax: Axes, ds: Dataset) -> Axes:
    """Benefit against minutes, a point for each price of a minute; the load in its size and number."""
    benefit = ds.front_benefit.mean("draw").values
    low, high = np.quantile(ds.front_benefit.values, [0.1, 0.9], axis=1)
    minutes, load = ds.front_minutes.values, ds.front_load.values
    order = np.argsort(minutes)
    ax.plot(minutes[order], benefit[order], color=theme.FAINT, lw=1.2, zorder=1)
    ax.vlines(minutes, low, high, color=theme.FAINT, lw=1.2, zorder=1)
    ax.scatter(minutes, benefit, s=40 + 160 * load / load.max(), color=COLOURS["optimised"], zorder=2)
    for x, y, lifted in zip(minutes, benefit, load, strict=True):
        ax.annotate(f"{lifted:.0f}", (x, y), textcoords="offset points", xytext=(9, -12), fontsize=9)
    ax.set(xlabel="minutes a week", ylim=(0, None), xlim=(0, 1.12 * minutes.max()))
    ax.set_title("Points gained for time and load")
    ax.text(0.98, 0.03, "bars: 80 % of draws; numbers: kN min a week", transform=ax.transAxes, ha="right",
            fontsize=8.5, color=theme.FAINT)  # fmt: skip
    ax.grid(True)
    return ax


def plan(ax: Axes, ds: Dataset) -> Axes:
    """Sets of every week."""
    own = ds.sel(arm="optimised")
    names = used(ds)
    image = own["sets"].sel(exercise=names).values.T
    ax.imshow(image, aspect="auto", cmap=theme.ACTIVITY, vmin=0, vmax=max(1.0, 1.6 * image.max()))
    rows = [own.sel(exercise=name) for name in names]
    labels = [f"{row.title.item()}\n{row.prescribed.item()}" for row in rows]
    ax.set_yticks(range(len(names)), labels, fontsize=9)
    ax.set_xticks(range(ds.sizes["week"]), [str(week + 1) for week in range(ds.sizes["week"])])
    for (row, week), sets in np.ndenumerate(image):
        ax.text(week, row, f"{sets:.0f}" if sets else "", ha="center", va="center", fontsize=9.5)
    minutes = own.minutes / own.sessions
    spans = dict.fromkeys(f"{float(minutes[week]):.0f}" for week in (0, -1))
    often = f"{float(own.sessions[0]):.0f} sessions a week of {' to '.join(spans)} minutes"
    ax.set_title(f"Sets of a session by week, {often}")
    return ax
