"""A cascade on one page: the trunk before and after, the chain of links, and what each link adds."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch
from matplotlib.text import Text

from spinesim.cascade.chain import Cascade
from spinesim.cascade.chart import (
    DEG,
    SAID,
    Line,
    fixed,
    lines,
    pelvis_words,
    posture_words,
    signed,
    unsolved,
)
from spinesim.cascade.following import CAUSES, LINKS, POSTURE, Case
from spinesim.models.anatomy import BODIES, LEVELS
from spinesim.models.placement import place
from spinesim.viz import theme
from spinesim.viz.body import Scene, body, keys
from spinesim.viz.theme import themed

#: Colours of the links (Okabe and Ito).
COLOURS = {
    "length": "#D55E00", "recruitment": "#E69F00", "structure": "#CC79A7", "task": "#666666",
    "pelvis": "#0072B2", "lumbar": "#56B4E9",
}  # fmt: skip
#: Panels of bars: unit, half width that is shown at least, so that what is small looks small.
PANELS = {"N m": 5.0, "deg": 5.0, "N": 50.0, "%": 5.0, "N m/rad": 20.0}
FACET_RANGE = 100.0  # N that the colours of the facets span at least
#: Width of the arrows [points], and the compression [N] that makes the widest.
ARROW, WIDEST = (1.2, 9.0), 100.0
POSED, LEVEL = 0.04, 0.62  # heights of posture and loads in the graph
#: Changes that the graph ends in.
LOADS = ("compression L4-L5", "forward shear L5-S1", "facet share L5-S1", "stability margin")


@themed
def figure(chain: Cascade) -> Figure:
    """A page for a lecture; a chain with cases that have no value says so in its title."""
    page = Figure(figsize=(11, 6.6))
    left, right = page.subfigures(1, 2, squeeze=False, width_ratios=(1.0, 1.25)).flat
    _bodies(left, chain)
    above, below = right.subfigures(2, 1, squeeze=False, height_ratios=(1.0, 1.9)).flat
    graph(above.subplots(), chain)
    shown = [line for line in lines(chain) if line.unit in PANELS]
    units = [unit for unit in PANELS if any(line.unit == unit for line in shown)]
    counts = [sum(line.unit == unit for line in shown) + 0.9 for unit in units]
    panels = below.subplots(len(units), 1, height_ratios=counts)
    for ax, unit in zip(panels, units, strict=True):
        bars(ax, [line for line in shown if line.unit == unit], chain.links, PANELS[unit])
    panels[0].text(
        1.02,
        1.0,
        "healthy, change",
        transform=panels[0].transAxes,
        va="bottom",
        fontsize=9,
        color=theme.FAINT,
    )
    drawn = "; line: 90 % of bodies" if chain.spread is not None else ""
    said = f"bars: what each link adds (Shapley value); mark: the whole change{drawn}"
    panels[-1].set_xlabel(said, fontsize=9)
    colours = [Patch(color=COLOURS[link], label=SAID[link]) for link in chain.links]
    below.legend(
        handles=colours, loc="outside lower center", ncols=len(LINKS), fontsize=8.5, columnspacing=1.2
    )
    title = f"{chain.name.replace('_', ' ')}, severity {chain.severity:g}"
    page.suptitle(" ".join([title, *unsolved(chain)]), x=0.01, ha="left", weight="bold", wrap=True)
    return page


def _bodies(page: SubFigure, chain: Cascade) -> None:
    """Both trunks in one scale of colours."""
    axes = page.subplots(1, 2)
    cases = {"healthy": chain.before, "impaired": chain.after}
    most = max(1000.0, *(float(jnp.max(case.equilibrium.disc_compression)) for case in cases.values()))
    pressed = max(FACET_RANGE, *(float(jnp.max(_facet_force(case))) for case in cases.values()))
    for ax, (name, case) in zip(axes, cases.items(), strict=True):
        shared = list(axes) if name == "impaired" else []
        body(ax, case.model, case.task, case.equilibrium, close=True, most=most, keyed=shared)
        keys(shared, {"facet force [N]": facets(ax, case, pressed)})
        ax.set_title(name)
    _alike(axes)


def _alike(axes: np.ndarray) -> None:
    """The same scale for all, each about its own middle."""
    spans = np.array([[ax.get_xlim(), ax.get_ylim()] for ax in axes])
    half = 0.5 * np.max(np.ptp(spans, axis=2), axis=0)
    for ax, middle in zip(axes, np.mean(spans, axis=2), strict=True):
        (left, below), (right, above) = middle - half, middle + half
        ax.set(xlim=(left, right), ylim=(below, above))


def _facet_force(case: Case) -> Float[Array, "level"]:
    """Force of both facets of every level [N]."""
    return jnp.sum(case.equilibrium.facet_force, axis=1)


def facets(ax: Axes, case: Case, most: float) -> ScalarMappable:
    """Both facets of every level as one stroke, coloured by their force; the colours end at `most` [N]."""
    scene = Scene(case.model, place(case.model, case.task))
    colours = ScalarMappable(Normalize(0, most), "RdPu")
    strokes = []
    for level, below in enumerate(BODIES[: len(LEVELS)]):
        joint = np.asarray(case.model.bodies.joint[level + 1])
        points = joint + np.asarray(case.model.facets.lower_point[level]).reshape(-1, 3)
        ends = points[[np.argmin(points[:, 1]), np.argmax(points[:, 1])]]
        strokes.append(scene.carry(below, ends[:, :2]))
    ax.add_collection(LineCollection(strokes, colors=theme.INK, linewidths=6, zorder=8, capstyle="round"))
    ax.add_collection(
        LineCollection(
            strokes,
            colors=colours.to_rgba(np.asarray(_facet_force(case))),
            linewidths=4,
            zorder=8.1,
            capstyle="round",
        )
    )
    return colours


def graph(ax: Axes, chain: Cascade) -> Axes:
    """Causes, posture and loads as boxes; arrows as wide as the compression that comes along them."""
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_axis_off()
    ax.set_title("Compression at L4-L5: which link does it")
    causes = [cause for cause in CAUSES if cause in chain.links]
    known = {line.label: line for line in lines(chain)}
    compression = dict(zip(LINKS, known["compression L4-L5"].effect, strict=True))
    turned = np.sum(chain.pelvis_turn, axis=0), np.sum(chain.lumbar_turn, axis=0)
    said = posture_words(*turned).replace("; ", "\n").replace(", ", "\n")
    posture = _box(ax, (0.42, POSED), said, COLOURS["pelvis"])
    loads = _box(ax, (0.82, LEVEL), "\n".join(_said(known[label]) for label in LOADS), theme.INK)
    heights = np.linspace(1.08, 0.3, 2 * len(causes) + 1)[1::2] if causes else []
    for cause, y in zip(causes, heights, strict=True):
        tilt = DEG * float(chain.pelvis_turn[CAUSES.index(cause), 2])
        box = _box(ax, (0.12, y), f"{SAID[cause]}\n{pelvis_words(tilt)}", COLOURS[cause])
        _arrow(ax, box, loads, compression[cause], COLOURS[cause], _newtons(compression[cause]))
        _arrow(ax, box, posture, 0.0, theme.FAINT)
    settled = sum(compression[link] for link in POSTURE)
    _arrow(ax, posture, loads, settled, COLOURS["pelvis"], _newtons(settled))
    return ax


def _box(ax: Axes, at: tuple[float, float], text: str, colour: str) -> Text:
    frame = {"boxstyle": "round,pad=0.5", "fc": "white", "ec": colour, "lw": 1.8}
    return ax.text(*at, text, ha="center", va="center", fontsize=9, bbox=frame, zorder=4)


def _arrow(ax: Axes, start: Text, end: Text, size: float, colour: str, text: str = "") -> None:
    """An arrow from box to box, with what comes along it."""
    width = float(np.interp(abs(np.nan_to_num(size)), (0.0, WIDEST), ARROW))
    head = {"arrowstyle": "-|>", "mutation_scale": 10 + 2 * width, "lw": width, "color": colour}
    ends = {"patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch(), "shrinkA": 0, "shrinkB": 1}
    (x0, y0), (x1, y1) = start.get_position(), end.get_position()
    ax.annotate("", (x1, y1), (x0, y0), arrowprops=head | ends, zorder=2)
    plate = {"fc": "white", "ec": "none", "pad": 1.0}
    x, y = x0 + 0.4 * (x1 - x0), y0 + 0.4 * (y1 - y0)  # where no box covers it
    ax.text(x, y, text, ha="center", va="center", fontsize=9, color=theme.INK, bbox=plate, zorder=3)


def _newtons(compression: float) -> str:
    return f"{signed(compression, 1)} N"


def _said(line: Line) -> str:
    return f"{line.label} {signed(line.change, line.digits)} {line.unit}"


def bars(ax: Axes, shown: list[Line], links: tuple[str, ...], least: float) -> Axes:
    """What each link adds to quantities of one unit, stacked about zero; the mark is the whole change."""
    theme.rows(ax, [line.label for line in shown])
    place = np.arange(len(shown))
    up, down = np.zeros(len(shown)), np.zeros(len(shown))
    for link in links:
        value = np.nan_to_num([line.effect[LINKS.index(link)] for line in shown])
        ax.barh(place, value, left=np.where(value > 0, up, down), height=0.6, color=COLOURS[link])
        up, down = up + np.maximum(value, 0), down + np.minimum(value, 0)
    change = np.array([line.change for line in shown])
    ax.plot(change, place, "|", color=theme.INK, ms=9, mew=2)
    ends = np.array([line.interval for line in shown])  # (line, 2), or (line, 0) where no body was drawn
    ax.hlines(place[: ends.size], *ends.T, color=theme.INK, lw=1.2) if ends.size else None
    ax.axvline(0, color=theme.INK, lw=0.8)
    half = 1.08 * max(least, float(np.max([up, -down])), float(np.max(np.abs(ends), initial=0.0)))
    ax.set_xlim(-half, half)
    for y, line in enumerate(shown):
        ax.text(
            1.02, y, f"{fixed(line.healthy, line.digits)}  {signed(line.change, line.digits)} {line.unit}",
            transform=ax.get_yaxis_transform(), va="center", fontsize=9,
        )  # fmt: skip
    ax.tick_params(labelsize=9)
    return ax
