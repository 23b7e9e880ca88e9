"""Figures of solved cases: each function takes a dataset and axes, draws, and returns the axes.

A dataset may be that of `solve_measured` (dimension `posture`, with measurements) or any batch along one
dimension named by `along`.
"""

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from xarray import DataArray, Dataset

from spinesim.results.report import short
from spinesim.viz import theme

#: Reach of the axis of facet forces [N], at least: facets carry tens to hundreds, a few are next to none.
_LEAST_FACETS = 100.0


def names(ds: Dataset, along: str = "posture") -> list[str]:
    """Labels of the cases, those that did not converge marked."""
    label = ds["label"] if "label" in ds else ds[along]
    ends = zip(label.values, ds.status.values, strict=True)
    return [str(name) if end == "converged" else f"{name} ({end})" for name, end in ends]


def hyphened(level: str) -> str:
    """A level as it is printed: L4-L5."""
    return re.sub(r"(?<=\d)(?=[LS])", "-", level)


def pressure(ax: Axes, ds: Dataset) -> Axes:
    """Measured and modelled pressure by posture [MPa], with accepted band and range of k."""
    mpa = ds[
        ["pressure", "pressure_low", "pressure_high", "measured_pressure", "measured_accept_low",
         "measured_accept_high"]
    ] / 1e6  # fmt: skip
    solved = ds.status == "converged"
    low, high = mpa.pressure_low.where(solved), mpa.pressure_high.where(solved)
    _pairs(ax, ds, mpa.measured_pressure, mpa.pressure, (mpa.measured_accept_low, mpa.measured_accept_high))
    ax.hlines(np.arange(low.size), low, high, theme.MODEL, lw=1.6, zorder=3)
    _keys(ax, "model, k 0.55-0.77", "-")
    ax.set_xlim(0, 1.05 * float(max(high.max(), mpa.measured_accept_high.max())))
    ax.set_xlabel("pressure in the L4-L5 disc [MPa]")
    ax.set_title("Absolute")
    return ax


def ratio(ax: Axes, ds: Dataset) -> Axes:
    """Measured and modelled pressure by posture, standing = 100 %."""
    standing = float(ds.measured_pressure.sel(posture="standing"))
    band = (100 * ds.measured_accept_low / standing, 100 * ds.measured_accept_high / standing)
    _pairs(ax, ds, 100 * ds.measured_ratio, 100 * ds.ratio, band)
    _keys(ax, "model", "")
    ax.axvline(100, color=theme.FAINT, lw=0.9, ls=(0, (4, 3)), zorder=0)
    ax.set_xlim(left=0)
    ax.set_xlabel("pressure, standing = 100 %")
    ax.set_title("Relative to standing")
    return ax


def levels(axes: Sequence[Axes], ds: Dataset) -> Sequence[Axes]:
    """Compression, anterior shear and facet force of every level of one case [N], on three axes."""
    facet = ds.facet_force
    facets = {colour: facet.sel(side=side) for side, colour in theme.FACETS.items()}
    for ax, title, bars in (
        (axes[0], "disc compression [N]", {theme.MODEL: ds.disc_compression}),
        (axes[1], "anterior shear [N]", {theme.PARTS["support"]: ds.disc_anterior_shear}),
        (axes[2], "facets right, left [N]", facets),
    ):
        _level_bars(ax, bars, [hyphened(level) for level in ds.level.values])
        ax.set_title(title, fontsize=10.5)
    axes[2].set_xlim(right=max(_LEAST_FACETS, 1.25 * float(facet.max())))
    return axes


def _level_bars(ax: Axes, bars: dict[str, DataArray], labels: list[str]) -> None:
    """Bars by level, the highest on top, with their values."""
    theme.rows(ax, labels)
    ax.invert_yaxis()
    ax.grid(False)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.axvline(0, color=theme.FAINT, lw=0.8)
    thick = 0.62 / len(bars)
    for i, (colour, value) in enumerate(bars.items()):
        place = np.arange(value.size) + (0.5 * (len(bars) - 1) - i) * thick
        drawn = ax.barh(place, value, height=thick, color=colour)
        ax.bar_label(drawn, [f"{x + 0.0:.0f}" for x in value.values.round()], padding=3, fontsize=8.5)
    ax.margins(x=0.22)


def _pairs(
    ax: Axes, ds: Dataset, goal: DataArray, model: DataArray, band: tuple[DataArray, DataArray]
) -> None:
    place = np.arange(goal.size)
    theme.rows(ax, names(ds))
    ax.barh(place, band[1] - band[0], left=band[0], height=0.62, color=theme.BAND, zorder=1)
    ax.plot(goal, place, "D", color=theme.MEASURED, ms=6.5, zorder=4)
    ax.plot(model, place, "o", color=theme.MODEL, ms=7, zorder=5)


def _keys(ax: Axes, model: str, line: str) -> None:
    """What the marks of a pair mean; `line` is that of the model's range, where it has one."""
    keys = [
        Line2D([], [], color=theme.MEASURED, marker="D", ls="", label="measured (Wilke)"),
        Line2D([], [], color=theme.BAND, lw=8, label="accepted band"),
        Line2D([], [], color=theme.MODEL, marker="o", ls=line, lw=1.6, label=model),
    ]
    ax.legend(handles=keys, loc="lower right")


def load_parts(ax: Axes, ds: Dataset, level: str = "L4L5", along: str = "posture") -> Axes:
    """What the disc compression of one level is the sum of [N], stacked by case."""
    parts = -ds.disc_load_part.sel(level=level, component="fy").where(ds.status == "converged").fillna(0.0)
    place = np.arange(parts[along].size)
    theme.rows(ax, names(ds, along))
    up, down = np.zeros(place.size), np.zeros(place.size)
    for part, colour in theme.PARTS.items():
        push = parts.sel(part=part).values
        if np.abs(push).max() < 1:
            continue
        ax.barh(place, push, left=np.where(push > 0, up, down), height=0.66, color=colour, label=part)
        up, down = up + np.maximum(push, 0), down + np.minimum(push, 0)
    total = ds.disc_compression.sel(level=level).where(ds.status == "converged")
    ax.plot(total, place, "|", color=theme.INK, ms=15, mew=2.2, label="disc")
    ax.axvline(0, color=theme.INK, lw=0.8)
    ax.set_xlabel(f"compression at {hyphened(level)} [N]")
    ax.set_title(f"What presses on {hyphened(level)}")
    ax.legend(loc="lower right", ncols=2)
    return ax


def activity(ax: Axes, ds: Dataset, least: float = 0.03, along: str = "posture") -> Axes:
    """Mean activation of the muscle groups by case [%], both sides in one cell (right, left)."""
    level = 100 * ds.group_activation.where(ds.status == "converged")
    groups = list(dict.fromkeys(str(name)[:-2] for name in ds.group.values))
    ordered = level.sel(group=[f"{group}_{side}" for group in groups for side in "rl"])
    sides = ordered.transpose(along, "group").values.reshape(-1, len(groups), 2)
    busy = np.nanmax(sides, axis=(0, 2)) > 100 * least
    split = sides[:, busy]
    count, kept = split.shape[:2]
    image = ax.pcolormesh(
        np.arange(2 * kept + 1) / 2 - 0.5, np.arange(count + 1) - 0.5, split.reshape(count, -1),
        cmap=theme.ACTIVITY, norm=Normalize(0, 100),
    )  # fmt: skip
    theme.rows(ax, names(ds, along))
    ax.grid(False)
    ax.set_xticks(range(kept), [short(group) for group, on in zip(groups, busy, strict=True) if on])
    ax.tick_params(axis="x", rotation=50, length=0)
    for label in ax.get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")
    ax.vlines(np.arange(1, kept) - 0.5, -0.5, count - 0.5, "white", lw=2.5)
    ax.hlines(np.arange(1, count) - 0.5, -0.5, kept - 0.5, "white", lw=1.5)
    _percent(ax, np.max(split, axis=2))
    ax.set_title("Muscle activity (right and left half of each cell; number: busier side, %)")
    ax.figure.colorbar(image, ax=ax, label="activation [%]", shrink=0.7, pad=0.01)
    return ax


def _percent(ax: Axes, value: np.ndarray) -> None:
    for row, column in np.argwhere(value >= 1):
        at = value[row, column]
        ax.text(
            column, row, f"{at:.0f}", ha="center", va="center", fontsize=8.5,
            color="white" if at > 60 else theme.INK,
        )  # fmt: skip
