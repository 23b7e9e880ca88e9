"""Weeks of a programme on one page: pain with its bands, what muscles gained, loads before and after.

A second page has the body itself, before and after, in a task of daily life.
"""

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xarray import Dataset

from spinesim.exercise.body import body
from spinesim.exercise.profile import Profile
from spinesim.exercise.rehab import state_at
from spinesim.models.state import Task
from spinesim.solvers.equilibrium import solve
from spinesim.viz import body as drawn
from spinesim.viz import theme
from spinesim.viz.figures import hyphened
from spinesim.viz.theme import themed

COLOURS = {"usual_care": theme.FAINT, "generic_core": "#56B4E9"}
OWN = "#D55E00"
#: Groups of both sides whose strength is drawn.
SHOWN = 8


@themed
def figure(ds: Dataset) -> Figure:
    """The page of a `rehab` dataset."""
    page = Figure(figsize=(12.5, 8.5))
    axes = page.subplot_mosaic([["pain", "strength"], ["flares", "load"]], width_ratios=(1.25, 1))
    pain(axes["pain"], ds)
    strength(axes["strength"], ds)
    flares(axes["flares"], ds)
    loads(axes["load"], ds)
    page.suptitle(f"{ds.attrs['programme'].replace('_', ' ')}, {ds.sizes['week']} weeks", x=0.01, ha="left",
                  weight="bold")  # fmt: skip
    page.supxlabel(str(ds.attrs["said"]), x=0.01, ha="left", fontsize=9, color=theme.FAINT)
    return page


def pain(ax: Axes, ds: Dataset) -> Axes:
    """Median usual pain of every arm, and the band of 80 % of the draws of the person's own."""
    own = str(ds.attrs["programme"])
    weeks = ds.day.values / 7
    for arm in ds.arm.values:
        low, middle, high = np.quantile(ds.pain.sel(arm=arm).values, [0.1, 0.5, 0.9], axis=0)
        colour = OWN if arm == own else COLOURS.get(str(arm), theme.INK)
        ax.fill_between(weeks, low, high, color=colour, alpha=0.22 if arm == own else 0.08, lw=0)
        ax.plot(weeks, middle, color=colour, lw=2.2, label=str(arm).replace("_", " "))
    ax.set(ylim=(0, 100), xlabel="week", xlim=(0, weeks[-1]))
    ax.set_title("Usual pain [0 to 100], 80 % of draws shaded")
    ax.grid(True)
    ax.legend()
    return ax


def strength(ax: Axes, ds: Dataset) -> Axes:
    """Strength over that of the start, of the groups that changed most; endurance beside it."""
    last = ds["central.strength"].isel(week_end=-1).values
    names = np.array([str(name) for name in ds.group.values])
    right = np.array([name.endswith("_r") for name in names])
    order = [i for i in np.argsort(-np.abs(last - 1)) if right[i]][:SHOWN]
    theme.rows(ax, [str(names[i])[:-2].replace("_", " ") for i in order])
    ax.barh(range(len(order)), [100 * (last[i] - 1) for i in order], color=OWN, height=0.6)
    ax.axvline(0, color=theme.INK, lw=0.8)
    ax.set_title("Strength gained on the right [%]")
    return ax


def flares(ax: Axes, ds: Dataset) -> Axes:
    """Flares so far, mean over the draws, and the share of the sessions that is done."""
    own = str(ds.attrs["programme"])
    for arm in ds.arm.values:
        colour = OWN if arm == own else COLOURS.get(str(arm), theme.INK)
        ax.plot(ds.day / 7, ds.flares.sel(arm=arm).mean("draw"), color=colour, lw=4 if arm == own else 1.5)
    ax.set(xlabel="week", xlim=(0, ds.sizes["week"]), ylim=(0, None))
    ax.set_title("Flares so far, mean of draws")
    ax.grid(True)
    return ax


def loads(ax: Axes, ds: Dataset) -> Axes:
    """L4-L5 compression of activities and exercises, before and after."""
    load = ds.compression.sel(level="L4L5")
    own = [str(name) for name in ds.case.values]
    theme.rows(ax, [name.replace("_", " ") for name in own])
    place = np.arange(len(own))
    ax.barh(place - 0.18, load.sel(moment="before"), height=0.34, color=theme.FAINT, label="before")
    ax.barh(place + 0.18, load.sel(moment="after"), height=0.34, color=OWN, label="after")
    ax.set_title("L4-L5 compression [N]")
    ax.tick_params(axis="y", labelsize=8)
    ax.legend()
    return ax


@themed
def bodies(who: Profile, ds: Dataset, task: Task, what: str = "") -> Figure:
    """The body in a task before and after the weeks of a `rehab` dataset, and its disc compression."""
    page = Figure(figsize=(13.5, 6.8))
    *pictures, bars = page.subplots(1, 3, width_ratios=(1, 1, 0.75))
    colours = {"before": theme.FAINT, "after": OWN}
    for number, (moment, week) in enumerate({"before": 0, "after": -1}.items()):
        own = body(who.model, state_at(ds, week), who.person)
        end = solve(own, task)
        drawn.body(pictures[number], own, task, end, close=True)
        hardest = 100 * float(jnp.max(end.group_activation))
        pictures[number].set_title(f"{moment}: hardest muscle {hardest:.0f} %")
        place = np.arange(len(ds.level)) + (-0.19 if number else 0.19)
        bars.barh(place, end.disc_compression, height=0.36, color=colours[moment], label=moment)
    theme.rows(bars, [hyphened(str(level)) for level in ds.level.values])
    bars.set_ylim(-0.6, len(ds.level) - 0.4)
    bars.set_title("Disc compression [N]")
    bars.legend(loc="upper left", bbox_to_anchor=(0.0, -0.12), ncols=2)
    title = f"{what or 'a task'}, {ds.sizes['week']} weeks of {ds.attrs['programme'].replace('_', ' ')}"
    page.suptitle(title, x=0.01, ha="left", weight="bold")
    page.supxlabel(str(ds.attrs["said"]), x=0.01, ha="left", fontsize=9, color=theme.FAINT)
    return page
