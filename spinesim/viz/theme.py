"""Colours and type of the figures: Okabe and Ito's palette, safe for colour-blind readers."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

P = ParamSpec("P")
T = TypeVar("T")

INK, FAINT, GRID = "#222222", "#8a8a8a", "#e4e4e4"
MODEL, MEASURED, BAND = "#0072B2", "#D55E00", "#f3d9c6"
#: Parts of a disc load, in the order of a stack.
PARTS = {
    "gravity": "#999999", "external": "#4d4d4d", "support": "#56B4E9", "muscle": "#D55E00",
    "ligament": "#009E73", "facet": "#CC79A7", "abdominal": "#F0E442", "reserve": "#000000",
}  # fmt: skip
FACETS = {"r": "#CC79A7", "l": "#7d4667"}
ACTIVITY, PRESSING, SUPPORT = "OrRd", "Blues", "#009E73"
#: Muscles as lines: a silent one still shows on bone and skin.
EFFORT = LinearSegmentedColormap.from_list("effort", ["#cdb9ae", "#f0936b", "#d7301f", "#7f0000"])
#: Bones, soft outline and discs of the body view.
BONE, BONE_EDGE, SKIN, GROUND = "#f3ead6", "#a89a7c", "#f4f1ee", "#b8b8b8"

_STYLE: dict[Any, Any] = {
    "figure.dpi": 160, "figure.constrained_layout.use": True,
    "font.family": "sans-serif", "font.size": 10.5, "axes.titlesize": 12.5, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.titlepad": 10, "axes.labelsize": 10.5,
    "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8,
    "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.8, "legend.frameon": False,
    "xtick.major.size": 3, "ytick.major.size": 0,
}  # fmt: skip


def themed(draw: Callable[P, T]) -> Callable[P, T]:
    """`draw` with these styles, whatever the reader's own settings; figures keep them when saved."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> T:
        with mpl.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def rows(ax: Axes, labels: list[str]) -> None:
    """One named row for each label, the first on top."""
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
