"""A movement on one page: stick figures along its phase, and the curves of loads, muscles and stability."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xarray import DataArray, Dataset

from spinesim.models.anatomy import BODIES, SIDES, Model
from spinesim.models.kinematics import FOREARMS, SHANKS, at
from spinesim.models.placement import Placement, place
from spinesim.results.report import short
from spinesim.scenarios.movements import frame
from spinesim.viz import theme
from spinesim.viz.figures import hyphened
from spinesim.viz.theme import themed

FIGURES, CURVES = 7, 6  # stick figures, and muscles with a curve of their own
FROM_BEHIND = ("single_leg_stance", "side_bend")  # those that move sideways
SPINE = BODIES[1:8]  # origins from L5 to the neck
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
FAILED = "#f6c9c2"
HEAD = np.array([[0.01, 0.13, 0.0]])  # centre of the head in its frame [m]


@themed
def figure(model: Model, ds: Dataset, **loads: Any) -> Figure:
    """A page for a lecture; `loads` are those that were given to the movement."""
    page = Figure(figsize=(13, 9.2))
    mosaic = page.subplot_mosaic([["sticks", "sticks"], [0, 1], [2, 3]], height_ratios=(1.25, 1.0, 1.0))
    sticks(mosaic.pop("sticks"), model, ds, **loads)
    axes = [mosaic[place] for place in range(4)]
    levels(axes[0], ds.disc_compression, "Disc compression [N]")
    levels(axes[1], ds.disc_anterior_shear, "Anterior shear of the disc [N]")
    muscles(axes[2], ds)
    _last(axes[3], ds)
    for ax in axes:
        _shared(ax, ds)
    page.suptitle(_title(ds), x=0.01, ha="left", weight="bold")
    return page


def _title(ds: Dataset) -> str:
    failed = int((ds.status != "converged").sum())
    peak = float(ds.disc_compression.sel(level="L4L5").max())
    said = f"{str(ds.attrs['movement']).replace('_', ' ')}: at most {peak:.0f} N at L4-L5"
    return f"{said} ({failed} of {ds.status.size} frames without an equilibrium, shaded)" if failed else said


def levels(ax: Axes, curves: DataArray, title: str) -> Axes:
    """One curve for each level."""
    for colour, level in zip(COLOURS, curves.level.values, strict=True):
        ax.plot(curves.phase, curves.sel(level=level), color=colour, lw=1.8, label=hyphened(str(level)))
    ax.axhline(0, color=theme.FAINT, lw=0.8)
    ax.set_title(title)
    ax.legend(ncols=1, loc="center left", bbox_to_anchor=(1.0, 0.5), reverse=True)
    return ax


def muscles(ax: Axes, ds: Dataset, count: int = CURVES) -> Axes:
    """Activation of the muscles that work hardest [%]: the right side solid, the left one dashed."""
    peak = ds.group_activation.max("phase").fillna(0.0)
    order = [str(name)[:-2] for name in peak.group.values[np.argsort(-peak.values)]]
    for colour, name in zip(COLOURS, list(dict.fromkeys(order))[:count], strict=False):
        for side, style in zip(SIDES, ("-", (0, (4, 2))), strict=True):
            curve = 100 * ds.group_activation.sel(group=f"{name}_{side}")
            ax.plot(ds.phase, curve, color=colour, lw=1.8, ls=style, label=short(name) if side == "r" else "")
    ax.set_ylim(bottom=0)
    ax.set_title("Activation [%] (right solid, left dashed)")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def _last(ax: Axes, ds: Dataset) -> Axes:
    """Stability where it was measured, else the angles of trunk and pelvis."""
    if "stability_eigenvalue" in ds:
        ax.plot(ds.phase, ds.stability_eigenvalue, color=theme.INK, lw=2)
        ax.axhline(0, color=theme.MEASURED, lw=1.2, ls=(0, (4, 3)))
        ax.set_title("Least eigenvalue [N m/rad]: unstable below 0")
        return ax
    angles = {
        "trunk flexion": ds.trunk_flexion,
        "lordosis": ds.lumbar_lordosis,
        "pelvic tilt": ds.pelvic_tilt,
    }
    for colour, (name, angle) in zip(COLOURS, angles.items(), strict=False):
        ax.plot(ds.phase, np.degrees(angle), color=colour, lw=1.8, label=name)
    ax.set_title("Angles [deg]")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def _shared(ax: Axes, ds: Dataset) -> None:
    """The phase along the foot, frames without an equilibrium shaded."""
    half = 0.5 / max(1, ds.phase.size - 1)
    for phase in ds.phase.values[(ds.status != "converged").values]:
        ax.axvspan(phase - half, phase + half, color=FAILED, lw=0, zorder=0)
    ax.set(xlim=(-0.01, 1.01), xlabel="phase")
    ax.grid(True)


def sticks(ax: Axes, model: Model, ds: Dataset, **loads: Any) -> Axes:
    """The body at a few phases, from its right side or from behind; red where it has no equilibrium."""
    name, side = str(ds.attrs["movement"]), str(ds.attrs["side"])
    across = 2 if name in FROM_BEHIND else 0
    left, top = 0.0, 0.0
    for index in np.linspace(0, ds.phase.size - 1, FIGURES).round().astype(int):
        phase = float(ds.phase[index])
        task = frame(name, phase, side, **loads)
        lines = _lines(model, _placed(model, task), across)
        points = np.concatenate(list(lines.values()))
        shift = np.array([left + 0.25 - points[:, 0].min(), -points[:, 1].min()])
        lines = {part: line + shift for part, line in lines.items()}
        held = ds.status.values[index] == "converged"
        _stick(ax, lines, faint=across == 0, held=held, loaded=float(np.sum(task.loads.hand_mass)) > 0)
        right = float(points[:, 0].max() + shift[0])
        ax.text(0.5 * (left + 0.25 + right), -0.16, f"{phase:.2f}", ha="center", va="top")
        left, top = right, max(top, float(lines["head"][0, 1]), float(lines["spine"][-1, 1]))
    ax.axhline(-0.03, color=theme.GROUND, lw=1.5)
    ax.set(xlim=(0, left + 0.25), ylim=(-0.3, top + 0.15))
    ax.set_aspect("equal", anchor="S")
    ax.set_axis_off()
    return ax


def _stick(ax: Axes, lines: dict[str, np.ndarray], *, faint: bool, held: bool, loaded: bool) -> None:
    """One figure; `faint` draws the left side paler, as the farther one."""
    for part, line in lines.items():
        colour = theme.FAINT if faint and part.endswith("_l") else theme.INK
        colour = colour if held else FAILED
        if part == "head":
            ax.plot(*line.T, "o", color=colour, ms=11)
        elif part == "contacts":
            ax.plot(*line.T, "^", color=theme.SUPPORT, ms=5, zorder=5)
        elif part != "grips":
            wide = 3.2 if part == "spine" else 2.0
            ax.plot(*line.T, "-", color=colour, lw=wide, solid_capstyle="round")
    if loaded:
        ax.plot(*lines["grips"].mean(axis=0), "s", color="#9aa7b1", ms=12, zorder=6)


_placed = eqx.filter_jit(place)


def _lines(model: Model, placement: Placement, across: int) -> dict[str, np.ndarray]:
    """Lines of a stick figure, (n, 2) across and up [m]."""
    frames = placement.frames
    world = np.asarray(frames.world)

    def seen(*points: Any) -> np.ndarray:
        return (np.stack(points) @ world)[:, [across, 1]]

    origin: dict[str, np.ndarray] = dict(zip(BODIES, np.asarray(frames.origin), strict=True))
    ankles, grips = at(frames, SHANKS, model.ankle), at(frames, FOREARMS, model.grip)
    seat = 0.5 * (origin["femur_r"] + origin["femur_l"])
    lines = {"spine": seen(seat, *(origin[name] for name in SPINE))}
    lines["head"] = seen(*at(frames, (BODIES.index("head_neck"),), jnp.asarray(HEAD)))
    for row, side in reversed(list(enumerate(SIDES))):
        hip, knee, shoulder, elbow = (
            origin[f"{name}_{side}"] for name in ("femur", "shank_foot", "upper_arm", "forearm_hand")
        )
        lines[f"leg_{side}"] = seen(seat, hip, knee, ankles[row])
        lines[f"arm_{side}"] = seen(origin["head_neck"], shoulder, elbow, grips[row])
    lines["contacts"] = seen(*placement.reactions.point[np.asarray(placement.reactions.active) > 0])
    return lines | {"grips": seen(*grips)}
