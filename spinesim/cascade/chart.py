"""A cascade as lines to be read: every quantity before and after, and what each link adds."""

from collections.abc import Callable, Iterator
from io import StringIO
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from spinesim._record import sentences, words
from spinesim.cascade.chain import Cascade
from spinesim.cascade.following import CAUSES, LINKS
from spinesim.cascade.reading import MUSCLES, Reading
from spinesim.models.anatomy import LEVELS
from spinesim.solvers.solution import Status

WIDTH = 120
#: Muscles that are listed: those that change most, by so many percent points at least.
BUSIEST, LEAST_ACTIVATION = 6, 0.05
#: What a link is called.
SAID = {
    "length": "muscle length", "recruitment": "strength, drive", "structure": "discs, ligaments, bones",
    "task": "task", "pelvis": "pelvis", "lumbar": "lumbar spine",
}  # fmt: skip
DEG = 180 / np.pi
#: Turn below which nothing is said to have moved [deg].
SMALLEST_TURN = 0.01
_L4L5, _L5S1 = LEVELS.index("L4L5"), LEVELS.index("L5S1")


class Line(NamedTuple):
    """A quantity in its printed unit."""

    label: str
    unit: str
    digits: int
    healthy: float
    impaired: float
    effect: np.ndarray  # by link
    cut: np.ndarray  # by link
    interval: np.ndarray  # of the change in 90 % of the drawn bodies; empty if none was drawn

    @property
    def change(self) -> float:
        return self.impaired - self.healthy


Pick = Callable[[Reading], np.ndarray]
#: Label, unit, decimals, how a reading has it.
_ALWAYS: tuple[tuple[str, str, int, Pick], ...] = (
    ("passive hip moment", "N m", 2, lambda r: np.mean(np.asarray(r.passive_hip_moment), axis=-1)),
    ("pelvic tilt", "deg", 2, lambda r: DEG * np.asarray(r.pelvic_tilt)),
    ("lordosis", "deg", 2, lambda r: DEG * np.asarray(r.lumbar_lordosis)),
    ("compression L4-L5", "N", 1, lambda r: np.asarray(r.disc_compression)[..., _L4L5]),
    ("pressure L4-L5", "MPa", 3, lambda r: 1e-6 * np.asarray(r.intradiscal_pressure)[..., _L4L5]),
    ("forward shear L4-L5", "N", 1, lambda r: np.asarray(r.disc_anterior_shear)[..., _L4L5]),
    ("forward shear L5-S1", "N", 1, lambda r: np.asarray(r.disc_anterior_shear)[..., _L5S1]),
    ("facet share L4-L5", "%", 2, lambda r: 100 * np.asarray(r.facet_share)[..., _L4L5]),
    ("facet share L5-S1", "%", 2, lambda r: 100 * np.asarray(r.facet_share)[..., _L5S1]),
    ("stability margin", "N m/rad", 1, lambda r: np.asarray(r.stability_eigenvalue)),
)
#: Those that only a one-sided imbalance changes.
_ONE_SIDED: tuple[tuple[str, str, int, Pick], ...] = (
    ("pelvis, right side down", "deg", 2, lambda r: DEG * np.asarray(r.pelvic_list)),
    ("lumbar bend to the right", "deg", 2, lambda r: DEG * np.asarray(r.lumbar_side_bend)),
    ("right shear L4-L5", "N", 1, lambda r: np.asarray(r.disc_lateral_shear)[..., _L4L5]),
    *((f"{side} facet L4-L5", "N", 1, lambda r, i=i: np.asarray(r.facet_force)[..., _L4L5, i])
      for i, side in enumerate(("right", "left"))),
)  # fmt: skip


def lines(chain: Cascade) -> list[Line]:
    """What is worth a line: the chain itself, what differs between the sides, muscles that change most."""
    always, sided = ([_line(chain, *row) for row in rows] for rows in (_ALWAYS, _ONE_SIDED))
    lopsided = any(abs(line.change) > 10.0**-line.digits for line in sided[:3])
    return [*always, *(sided if lopsided else []), *_muscles(chain, ("r", "l") if lopsided else ("",))]


def _line(chain: Cascade, label: str, unit: str, digits: int, pick: Pick) -> Line:
    before, after = float(pick(chain.healthy)), float(pick(chain.impaired))
    effect, cut = (np.asarray(pick(each)) for each in (chain.effect, chain.cut))
    drawn = np.asarray(pick(chain.spread.change))[[0, -1]] if chain.spread is not None else np.empty(0)
    return Line(label, unit, digits, before, after, effect, cut, drawn)


def _muscles(chain: Cascade, sides: tuple[str, ...]) -> list[Line]:
    """Muscles whose activation changes most, each side apart or, without a side, their mean."""
    groups = dict.fromkeys(name[:-2] for name in MUSCLES)
    names = [(group, side) for group in groups for side in sides]
    every = [_line(chain, _called(*name), "%", 2, _activation(*name)) for name in names]
    changed = [line for line in every if abs(line.change) >= LEAST_ACTIVATION]
    return sorted(changed, key=lambda line: -abs(line.change))[:BUSIEST]


def _called(group: str, side: str) -> str:
    return f"{group} {side}".replace("_", " ").rstrip()


def _activation(group: str, side: str) -> Pick:
    """Mean activation of a group [%], of one side or of both."""
    which = [i for i, name in enumerate(MUSCLES) if name.startswith(f"{group}_{side}")]
    return lambda reading: 100 * np.mean(np.asarray(reading.muscle_activation)[..., which], axis=-1)


def text(chain: Cascade) -> str:
    """The chart as plain text."""
    console = Console(record=True, width=WIDTH, file=StringIO())
    console.print(chart(chain))
    return console.export_text().rstrip()


def chart(chain: Cascade) -> RenderableType:
    """The chain in words, then every quantity with what each link adds."""
    return Group(*_ending(chain), *_chain(chain), _table(chain))


def _ending(chain: Cascade) -> Iterator[Text]:
    """What was asked; cases that have no value."""
    yield Text(f"Cascade of {chain.name} at severity {chain.severity:g}", "bold")
    for sentence in unsolved(chain):
        yield Text(sentence, "bold red")
    if chain.spread is not None:
        draws, lost = int(chain.spread.draws), int(chain.spread.left_out)
        yield Text(f"{draws} bodies drawn from what is not known" + (f", {lost} not settled" if lost else ""))


def unsolved(chain: Cascade) -> Iterator[str]:
    """Why effects are missing, if some are."""
    status = str(words(Status, chain.status))
    if status != "converged":
        count = 2 ** len(chain.links)
        yield (
            f"{int(chain.unsolved)} of {count} cases {status}: {sentences(Status)[status]} "
            "What follows from them is left out."
        )


def _chain(chain: Cascade) -> Iterator[Text]:
    """From every cause to the posture, and from the posture on."""
    for cause, pelvis, lumbar in zip(CAUSES, chain.pelvis_turn, chain.lumbar_turn, strict=True):
        if cause in chain.links:
            yield Text(f"{SAID[cause]} -> {posture_words(pelvis, lumbar)}")
    if not chain.links:
        yield Text("nothing changes: this is the healthy body")


def posture_words(pelvis: Float[Array, "3"], lumbar: Float[Array, "3"]) -> str:
    """Turns [rad] as a clinician says them."""
    (list_, _, back), (bend, _, extension) = DEG * np.asarray(pelvis), DEG * np.asarray(lumbar)
    said = pelvis_words(back) + ", "
    said += _turned("lumbar spine", extension, "extended", "flexed")
    if max(abs(list_), abs(bend)) > SMALLEST_TURN:
        said += f"; down {abs(list_):.2f} deg {_side(list_)}, bent {abs(bend):.2f} deg {_side(bend)}"
    return said


def pelvis_words(turn: float) -> str:
    """A turn of the pelvis in its sagittal plane [deg]."""
    return _turned("pelvis", turn, "back", "forward")


def _turned(name: str, turn: float, positive: str, negative: str) -> str:
    """A turn [deg] in words."""
    if np.isnan(turn):
        return f"{name} not settled"
    if abs(turn) < SMALLEST_TURN:
        return f"{name} still"
    return f"{name} {abs(turn):.2f} deg {positive if turn > 0 else negative}"


def _side(turn: float) -> str:
    return "right" if turn > 0 else "left"


def _table(chain: Cascade) -> Table:
    """Effects by link; in brackets what goes missing when that link alone is cut."""
    table = Table(
        title="What each link adds (below, in brackets: what goes missing when it alone is cut)",
        title_justify="left", title_style="bold", box=None, pad_edge=False, collapse_padding=True,
    )  # fmt: skip
    table.add_column(min_width=12)
    table.add_column(no_wrap=True)
    drawn = ["change, 90 %\nof bodies"] if chain.spread is not None else []
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in drawn:
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in (SAID[link] for link in chain.links):
        table.add_column(heading.replace(" ", "\n"), justify="right", no_wrap=True)
    acting = [LINKS.index(link) for link in chain.links]
    for line in lines(chain):
        table.add_row(
            line.label, line.unit,
            fixed(line.healthy, line.digits),
            fixed(line.impaired, line.digits),
            signed(line.change, line.digits),
            *(interval(line) for _ in drawn),
            *(f"{signed(line.effect[i], line.digits)}\n({signed(line.cut[i], line.digits)})" for i in acting),
        )  # fmt: skip
    return table


def interval(line: Line) -> str:
    """Where the change lies in most of the drawn bodies."""
    return " to ".join(signed(end, line.digits) for end in line.interval)


def fixed(value: float, digits: int) -> str:
    """A number with no minus sign before a zero; a dash where there is none."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}" if np.isfinite(value) else "-"


def signed(value: float, digits: int) -> str:
    """A change with its sign, none at zero; a dash where there is no value."""
    if not np.isfinite(value):
        return "-"
    rounded = round(float(value), digits)
    return f"{rounded:+.{digits}f}" if rounded else "0"
