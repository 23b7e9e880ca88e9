"""The weakest motion of a balanced body from its side and its front, and what resists or feeds it."""

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from spinesim.models.anatomy import BODIES, Model
from spinesim.models.groups import REPORTED
from spinesim.models.potential import SOURCES, SPINE, Balanced, place_after
from spinesim.models.state import Task
from spinesim.results.report import short
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.stability import MOTIONS, Stability, balanced
from spinesim.viz import theme
from spinesim.viz.body import body
from spinesim.viz.theme import themed

SWAY, TURN = 0.12, 0.2  # largest displacement [m] and rotation of a level [rad] drawn
BARS, LEAST = 12, 0.5  # muscles and sources with a bar of their own: the largest, above [N m/rad]
RESISTS, FEEDS, MOVED = "#0072B2", "#D55E00", "#CC3311"
#: Chain of origins that draws a person from the front.
_TRUNK = BODIES[: SPINE + 1]
_LIMBS = (("upper_arm_r", "upper_arm_l"), ("femur_r", "femur_l"))


@themed
def figure(model: Model, task: Task, solution: Equilibrium, result: Stability, title: str = "") -> Figure:
    """A page for a lecture: the mode on both views, the margin part by part."""
    state = balanced(model, task, solution)
    page = Figure(figsize=(13, 6.4))
    side, front, bars = page.subplots(1, 3, width_ratios=(1.15, 1.0, 1.7))
    body(side, model, task, solution)
    shapes = outlines(state, np.zeros_like(motion(state, result))), outlines(state, motion(state, result))
    for ax, across, name in ((side, 0, "from the right"), (front, 2, "from the front")):
        sway(ax, shapes, across)
        ax.set_title(name)
    _approach((side, front), shapes)
    margin(bars, result)
    what = f"{float(result.stability_eigenvalue):.0f} N m/rad in {weakest(result)}"
    page.suptitle(f"{title}: {what}" if title else what, x=0.01, ha="left", weight="bold")
    return page


def weakest(result: Stability) -> str:
    """The rotation that the mode has most of, in words."""
    return MOTIONS[int(np.argmax(np.sum(np.asarray(result.mode_rotation) ** 2, axis=0)))]


def motion(state: Balanced, result: Stability) -> np.ndarray:
    """The mode of a result as a motion [rad, m], its largest displacement `SWAY` or rotation `TURN`."""
    lower = np.asarray(state.placement.frames.rotation[:SPINE])
    parts = [np.einsum("jab,jb->ja", lower, part) for part in (result.mode_rotation, result.mode_translation)]
    unit = np.concatenate([np.asarray(result.mode_tilt)[None], *(part.ravel() for part in parts)])
    small = 1e-3
    still, moved = (outlines(state, step * unit)["spine"] for step in (0.0, small))
    farthest = (moved - still).ravel()[np.argmax(np.abs(moved - still))]
    size = min(small * SWAY / abs(farthest), TURN / np.linalg.norm(parts[0], axis=1).max())
    return np.sign(farthest) * size * unit


def outlines(state: Balanced, moved: np.ndarray) -> dict[str, np.ndarray]:
    """Lines through origins of bodies after a motion, world axes [m]: spine, head, shoulders, hips."""
    world = np.asarray(state.placement.frames.world)

    def at(name: str, point: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> np.ndarray:
        return np.asarray(place_after(state, jnp.asarray(moved), name, jnp.array(point))) @ world

    neck, top = at("head_neck"), at("head_neck", (0.01, 0.22, 0.0))
    right, left = ((at(r), at(leg)) for r, leg in _LIMBS)
    return {
        "spine": np.array([*(at(name) for name in _TRUNK), neck]),
        "head": np.array([neck, top]),
        "shoulders": np.array(right),
        "hips": np.array(left),
    }


def _approach(axes: tuple[Axes, Axes], shapes: tuple[dict[str, np.ndarray], ...]) -> None:
    """Let both views show the body above the hips, to the same scale."""
    points = np.concatenate([line for shape in shapes for line in shape.values()])
    low, high = points.min(axis=0), points.max(axis=0)
    for ax, middle in zip(axes, (0.5 * (low[0] + high[0]), -0.5 * (low[2] + high[2])), strict=True):
        half = 0.5 * max(high[0] - low[0], high[2] - low[2]) + 0.12
        ax.set(xlim=(middle - half, middle + half), ylim=(low[1] - 0.15, high[1] + 0.08))


def sway(ax: Axes, shapes: tuple[dict[str, np.ndarray], dict[str, np.ndarray]], across: int) -> Axes:
    """Both shapes in the plane of up and the world axis `across` (0 forward, 2 to the right)."""
    sign = 1 if across == 0 else -1  # a person seen from the front has the right hand on the left
    for shape, colour, style in zip(shapes, (theme.INK, MOVED), ("-", "--"), strict=True):
        for name, line in shape.items():
            wide = 6 if name == "head" else 2.2
            ax.plot(sign * line[:, across], line[:, 1], style if name != "head" else "-", color=colour,
                    lw=wide, solid_capstyle="round", alpha=0.9, zorder=20)  # fmt: skip
        joints = shape["spine"][1 : SPINE + 1]
        ax.plot(sign * joints[:, across], joints[:, 1], "o", color=colour, ms=4, zorder=21)
    ax.set_aspect("equal")
    ax.set_axis_off()
    keys = [Line2D([], [], color=theme.INK, lw=2.2, label="balance"),
            Line2D([], [], color=MOVED, lw=2.2, ls="--", label="weakest motion")]  # fmt: skip
    if across == 2:
        ax.legend(handles=keys, loc="lower center", bbox_to_anchor=(0.5, -0.06))
    return ax


def margin(ax: Axes, result: Stability) -> Axes:
    """The margin part by part [N m/rad]: what resists the weakest motion to the right, what feeds it left."""
    parts: dict[str, float] = dict(zip(SOURCES, np.asarray(result.margin_source).tolist(), strict=True))
    for group, value in zip(REPORTED, np.asarray(result.margin_group).tolist(), strict=True):
        parts[short(group[:-2])] = parts.get(short(group[:-2]), 0.0) + value
    ordered = sorted(parts.items(), key=lambda item: -abs(item[1]))[:BARS]
    shown = sorted((item for item in ordered if abs(item[1]) >= LEAST), key=lambda item: -item[1])
    shown.append(("the rest", sum(parts.values()) - sum(value for _, value in shown)))
    shown.append(("margin", float(result.stability_eigenvalue)))
    theme.rows(ax, [name for name, _ in shown])
    value = np.array([value for _, value in shown])
    colour = [RESISTS if each >= 0 else FEEDS for each in value[:-1]] + [theme.INK]
    drawn = ax.barh(range(value.size), value, height=0.66, color=colour)
    ax.bar_label(drawn, [f"{each:+.1f}" for each in value], padding=3, fontsize=9)
    ax.axvline(0, color=theme.INK, lw=0.8)
    ax.margins(x=0.12)
    ax.set_xlabel("stiffness against the weakest motion [N m/rad]")
    ax.set_title(f"What resists it, what feeds it (critical q {float(result.critical_q):.1f})", pad=14)
    return ax
