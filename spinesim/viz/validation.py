"""Figures of a validation run: segments, facets, activity, peers and what drives the answers.

Measured values are diamonds with their accepted band, answers dots with the band of the draws, other models
open squares, as in the figures of disc pressure.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from xarray import Dataset

from spinesim.results.peers import BY_HAND, elementary_pressure
from spinesim.results.scoreboard_text import what
from spinesim.results.validation import Validation
from spinesim.validation.bench import MOMENTS, Curves
from spinesim.validation.intervals import LEAST
from spinesim.validation.segments import DIRECTIONS, LUMBAR
from spinesim.viz import figures, theme
from spinesim.viz.theme import themed

PEER = "#009E73"
Place = Literal["lower right", "upper right", "upper left"]
#: Planes of the curves: title, direction to the right and to the left, row of the whole column and its share.
PLANES = (
    ("flexion (+) and extension", "fle", "ext"), ("side bending", "lat", "lat"), ("torsion", "axi", "axi"),
)  # fmt: skip
#: Load cases of the facets: label, direction, row, row of the eight FE models.
FACETS = (
    ("flexion", "fac_pm_flex", ""), ("extension", "fac_pm_ext", "fac_fe_ext"),
    ("side bending", "fac_pm_lb", "fac_fe_lb"), ("torsion", "fac_pm_ar", "fac_fe_ar"),
)  # fmt: skip
#: Ticks of answers over measurements.
TICKS = (0, 0.1, 0.2, 0.5, 1, 2, 4)
_SIGNED = 11.5  # limit of the moment axis [N m]


@themed
def pages(found: Validation) -> dict[str, Figure]:
    """Figures by name, in the order of the report."""
    ds = found.board
    pressures = Figure(figsize=(13, 6))
    relative, absolute = pressures.subplots(1, 2, sharey=True)
    figures.ratio(relative, found.pressures)
    figures.pressure(absolute, found.pressures)
    _beside_pressures(relative, absolute, found)
    segments = Figure(figsize=(13, 13.5))
    curves(segments, ds, found.curves)
    facets = Figure(figsize=(9, 4.2))
    facet_forces(facets.subplots(), ds, found.peers)
    parts = Figure(figsize=(9.5, 5.8))
    figures.load_parts(parts.subplots(), found.pressures)
    muscles = Figure(figsize=(9.5, 5.2))
    activity(muscles.subplots(), ds)
    groups = Figure(figsize=(13, 6.4))
    figures.activity(groups.subplots(), found.pressures)
    strength = Figure(figsize=(12, 7.5))
    rows(strength.subplots(), _rows(ds, "6_strength_kinematics", "7_iap", "7_stability"))
    peers = Figure(figsize=(9.5, 5.2))
    compressions(peers.subplots(), found.peers)
    drivers = Figure(figsize=(9, 11))
    sensitivity(drivers.subplots(), ds, found.sampled.to_dataset())
    return {
        "pressure": pressures, "curves": segments, "facets": facets, "load_parts": parts, "emg": muscles,
        "muscle_activity": groups, "strength_and_stability": strength, "peers": peers, "drivers": drivers,
    }  # fmt: skip


def _beside_pressures(relative: Axes, absolute: Axes, found: Validation) -> None:
    """The band of the draws and the elementary hand model beside the measured pressures."""
    upright = elementary_pressure(*BY_HAND["idp_w_stand"])
    for place, row in enumerate(map(str, found.pressures.row_id.values)):
        if row in found.board.row:
            at = found.board.sel(row=row)
            absolute.hlines(place + 0.2, at.low, at.high, theme.INK, lw=1.2, zorder=4)
        if row in BY_HAND:
            value = elementary_pressure(*BY_HAND[row])
            absolute.plot(value, place, "s", mfc="none", color=PEER, ms=7, zorder=6)
            relative.plot(100 * value / upright, place, "s", mfc="none", color=PEER, ms=7, zorder=6)
    keys = [
        Line2D([], [], color=theme.INK, lw=1.2, label="band of the draws"),
        Line2D([], [], color=PEER, marker="s", mfc="none", ls="", label="hand model, one muscle"),
    ]
    drawn = absolute.get_legend()
    handles = [] if drawn is None else list(drawn.legend_handles)
    absolute.legend(handles=[*handles, *keys], loc="lower right")


def curves(page: Figure, ds: Dataset, found: Curves) -> None:
    """Rotation of every level and of L1-L5 against the moment, beside what specimens turned."""
    grid = page.subplots(len(LUMBAR) + 1, len(PLANES), sharex=True)
    way = list(DIRECTIONS)
    moment = np.array([*(-m for m in reversed(MOMENTS)), 0.0, *MOMENTS])
    for column, (title, right, left) in enumerate(PLANES):
        ahead, back = way.index(right), way.index(left)
        for line, name in enumerate(("L1L5", *reversed(LUMBAR))):
            ax = grid[line, column]
            both = found.whole if name == "L1L5" else found.rotation[:, :, LUMBAR.index(name)]
            angle = [*(-both[back][::-1]), 0.0, *both[ahead]]
            ax.plot(moment, angle, "-", color=theme.MODEL, lw=2)
            _measured_rotation(ax, ds, name, right, left)
            ax.axhline(0, color=theme.GRID, lw=0.8, zorder=0)
            ax.axvline(0, color=theme.GRID, lw=0.8, zorder=0)
            ax.set_xlim(-_SIGNED, _SIGNED)
            if column == 0:
                ax.set_ylabel(f"{figures.hyphened(name)} [deg]")
        grid[0, column].set_title(title[0].upper() + title[1:])
        grid[-1, column].set_xlabel("moment [N m]")
    keys = [
        Line2D([], [], color=theme.MODEL, lw=2, label="model"),
        Line2D([], [], color=theme.MEASURED, marker="D", ls="", label="specimens"),
        Line2D([], [], color=theme.BAND, lw=8, label="accepted band"),
    ]
    grid[0, 0].legend(handles=keys, loc="upper left", fontsize=9)


def _measured_rotation(ax: Axes, ds: Dataset, name: str, right: str, left: str) -> None:
    """Measured rotations with their bands, one-sided where the two sides were told together."""
    if name == "L1L5":
        row = {"fle": "rom_d_fe", "lat": "rom_d_lb", "axi": "rom_d_ar"}[right]
        marks = [(side * 7.5, row, 0.5 * side) for side in (1, -1)]
    else:
        marks = [(10.0, f"rom_y_{right}_{name}", 1.0), (-10.0, f"rom_y_{left}_{name}", -1.0)]
    for moment, row, share in marks:
        if row in ds.row:
            at = ds.sel(row=row)
            low, high = share * float(at.accept_low), share * float(at.accept_high)
            ax.vlines(moment, low, high, color=theme.BAND, lw=9, zorder=1)
            ax.plot(moment, share * float(at["value"]), "D", color=theme.MEASURED, ms=6, zorder=4)


def facet_forces(ax: Axes, ds: Dataset, peers: Dataset) -> Axes:
    """Contact force of the loaded joint of L4-L5 at 7.5 N m by load case [N]."""
    theme.rows(ax, [label for label, *_ in FACETS])
    for place, (_, row, other) in enumerate(FACETS):
        if row in ds.row:
            _mark(ax, ds.sel(row=row), place)
        if other in peers.peer:
            at = peers.sel(peer=other)
            ax.plot(at.peer_value, place + 0.18, "s", mfc="none", color=PEER, ms=7, zorder=6)
    ax.set_xlim(left=0)
    ax.set_xlabel("contact force of the loaded facet of L4-L5 [N]")
    ax.set_title("Facets under pure moments of 7.5 N m")
    _legend(ax, "specimens", "median of eight FE models", "upper right")
    return ax


def activity(ax: Axes, ds: Dataset) -> Axes:
    """Activity of muscle groups beside electromyography [% of the greatest]."""
    own = ds.sel(row=(ds.quantity == "muscle_activation") & ds.answer.notnull())
    rows(ax, own, [_activity_label(own.isel(row=i)) for i in range(own.row.size)])
    ax.set_xlim(left=-1)
    ax.set_xlabel("activity [% of the greatest]")
    ax.set_title("Muscle activity against EMG")
    _legend(ax, "EMG, range over studies", place="upper right")
    return ax


def _activity_label(at: Dataset) -> str:
    load, angle = float(at.hand_load_kg), float(at.trunk_flexion_deg)
    posture = "standing" if not angle else f"{angle:g} deg forward"
    return f"{at.level.item()}, {posture}" + (f", {load:g} kg" if load > 0 else "")


def rows(ax: Axes, ds: Dataset, labels: Sequence[str] | None = None) -> Axes:
    """Answers beside measurements, each over its measured value, or as it is where labels are given."""
    relative = labels is None
    names = [what(ds.isel(row=i)) for i in range(ds.row.size)] if labels is None else list(labels)
    theme.rows(ax, names)
    for place in range(ds.row.size):
        at = ds.isel(row=place)
        _mark(ax, at, place, 1 / float(at["value"]) if relative else 1.0)
    if relative:
        ax.set_xscale("symlog", linthresh=0.1)
        ax.set_xlim(left=0)
        ax.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
        ax.minorticks_off()
        ax.set_xlabel("answer over measurement")
        ax.set_title("Strength, alignment, abdominal pressure, stability")
        ax.axvline(1, color=theme.FAINT, lw=0.9, zorder=0)
        _legend(ax, "measured", place="upper left")
    return ax


def _rows(ds: Dataset, *categories: str) -> Dataset:
    """Answered rows of some categories whose answer can be set over the measured value."""
    known = np.isfinite(ds.answer) & (ds["value"] > 0) & (ds.accept_high < 1e5)
    return ds.sel(row=known & ds.category.isin(categories))


def compressions(ax: Axes, peers: Dataset) -> Axes:
    """Compression of L5-S1 on the tasks of Arjmand and Shirazi-Adl (2006), theirs and ours [N]."""
    own = peers.sel(peer=[str(name) for name in peers.peer.values if str(name).startswith("cmp_as")])
    labels = [
        f"{float(at.peer_trunk_flexion_deg):g} deg, {float(at.peer_hand_load_kg):g} kg"
        for at in (own.isel(peer=i) for i in range(own.peer.size))
    ]
    theme.rows(ax, labels)
    place = np.arange(own.peer.size)
    ax.plot(own.peer_value, place, "s", mfc="none", color=PEER, ms=8, label="Arjmand 2006 (a model)")
    ax.plot(own.our_answer, place, "o", color=theme.MODEL, ms=7, label="this model")
    ax.set_xlim(left=0)
    ax.set_xlabel("compression of L5-S1 [N]")
    ax.set_title("Another model on the same tasks (not scored)")
    ax.legend(loc="upper right")
    return ax


def sensitivity(ax: Axes, ds: Dataset, drawn: Dataset) -> Axes:
    """Correlation of ranks of every answer that varies with the parameters drawn."""
    size = np.abs(drawn.rank_correlation).max("parameter")
    own = drawn.sel(row=(size >= LEAST) & drawn.row.isin(ds.row))
    if not own.row.size:
        return ax
    image = ax.pcolormesh(own.rank_correlation.values, cmap="RdBu_r", vmin=-1, vmax=1)
    theme.rows(ax, [str(row) for row in own.row.values])
    ax.set_yticks(np.arange(own.row.size) + 0.5, [str(row) for row in own.row.values], fontsize=8)
    ax.set_ylim(own.row.size, 0)
    ax.grid(False)
    ax.set_xticks(
        np.arange(own.parameter.size) + 0.5, [str(n).replace("_", "\n") for n in own.parameter.values]
    )
    for (row, column), value in np.ndenumerate(own.rank_correlation.values):
        if abs(value) >= LEAST:
            ax.text(column + 0.5, row + 0.5, f"{value:+.1f}", ha="center", va="center", fontsize=7,
                    color="white" if abs(value) > 0.6 else theme.INK)  # fmt: skip
    ax.set_title(f"What drives the answers ({int(drawn.attrs['draws'])} draws)")
    ax.figure.colorbar(image, ax=ax, label="correlation of ranks", shrink=0.5, pad=0.01)
    return ax


def _mark(ax: Axes, at: Dataset, place: int, scale: float = 1.0) -> None:
    low, high = scale * float(at.accept_low), scale * float(at.accept_high)
    ax.barh(place, high - low, left=low, height=0.62, color=theme.BAND, zorder=1)
    ax.plot(scale * float(at["value"]), place, "D", color=theme.MEASURED, ms=6.5, zorder=4)
    ax.plot(scale * float(at.answer), place, "o", color=theme.MODEL, ms=7, zorder=5)
    if not np.isnan(float(at.low)):
        ax.hlines(place, scale * float(at.low), scale * float(at.high), theme.MODEL, lw=1.8, zorder=3)


def _legend(ax: Axes, measured: str, peer: str = "", place: Place = "lower right") -> None:
    keys = [
        Line2D([], [], color=theme.MEASURED, marker="D", ls="", label=measured),
        Line2D([], [], color=theme.BAND, lw=8, label="accepted band"),
        Line2D([], [], color=theme.MODEL, marker="o", lw=1.8, label="model, band of the draws"),
    ]
    if peer:
        keys.append(Line2D([], [], color=PEER, marker="s", mfc="none", ls="", label=peer))
    ax.legend(handles=keys, loc=place)
