"""The scoreboard for people: scores by category, the pass line, every row, what has no answer and why."""

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from xarray import DataArray, Dataset

from spinesim.results.between_text import READING, between_table
from spinesim.results.passline import Line
from spinesim.results.report import titled
from spinesim.results.scoreboard import number
from spinesim.results.validation import Validation
from spinesim.validation.intervals import BAND
from spinesim.validation.targets import CATEGORIES

_UNITS = {
    "percent": "%", "percent_MVC": "%", "ratio": "", "sign": "", "Nm": "N m", "N_per_mm": "N/mm",
    "deg_per_deg": "", "deg": "deg",
}  # fmt: skip
_MARK = {True: ("met", "green"), False: ("not met", "yellow"), None: ("no answer", "bright_black")}
#: What drives an answer, as short as a column.
_DRIVERS = {
    "disc_area": "area", "pressure_factor": "k", "specific_tension": "tension", "body_mass": "mass",
    "cost_exponent": "exponent", "short_range_stiffness": "q",
}  # fmt: skip


def scoreboard(found: Validation) -> RenderableType:
    """Everything a run found, for a terminal."""
    ds = found.board
    parts = [_rows(ds.sel(row=(ds.category == name) & ds.answer.notnull()), title)
             for name, title in CATEGORIES.items()]  # fmt: skip
    shown = [part for part in parts if part is not None]
    return Group(
        *(line for part in shown for line in (part, "")),
        _peers(found.peers), "", *unanswered(ds), "", _scores(found.scores), "", _lines(found.lines), "",
        *([] if found.between is None else [between_table(found.between), Text(READING), ""]),
        *sentences(ds),
    )  # fmt: skip


def span(low: float, high: float) -> str:
    """A band as it is printed."""
    return f"{number(low)} to {number(high)}" if low < 0 else f"{number(low)}-{number(high)}"


def accepted(at: Dataset) -> str:
    """The accepted band of a row; one without an upper end is open."""
    low, high = float(at.accept_low), float(at.accept_high)
    return f"over {number(low)}" if high >= 1e6 else span(low, high)


def unit(name: str) -> str:
    """A unit as it is printed."""
    return _UNITS.get(name, name.replace("_", " "))


def driver(name: str, correlation: float) -> str:
    """What drives an answer, with the sign of its correlation."""
    return f"{_DRIVERS[name]} {correlation:+.2f}" if name else ""


def what(at: Dataset) -> str:
    """A row in words: quantity, posture, load and level."""
    words = [str(at[name].item()) for name in ("quantity", "posture", "external_load", "level")]
    if not np.isnan(float(at.trunk_flexion_deg)) and float(at.trunk_flexion_deg):
        words.insert(2, f"{float(at.trunk_flexion_deg):g} deg")
    if at.population.item() in ("male", "female"):
        words.append(str(at.population.item()))
    if float(at.hand_load_kg) > 0:
        words.insert(-1, f"{float(at.hand_load_kg):g} kg")
    return " ".join(word.replace("_", " ") for word in words if word and word != "any")


def _rows(ds: Dataset, title: str) -> Table | None:
    if not ds.row.size:
        return None
    table = titled(title, "", "measured", "accepted", "model", f"{BAND[0]:g}-{BAND[1]:g} %", "driver", "", "")
    for name in ds.row.values:
        at = ds.sel(row=name)
        low, high = float(at.low), float(at.high)
        table.add_row(
            str(name),
            f"{number(float(at['value']))} {unit(str(at.unit.item()))}",
            accepted(at),
            number(float(at.answer)),
            span(low, high) if low < high else "",
            driver(str(at.driver.item()), float(at.driver_correlation)),
            Text("in", "green") if at.in_band else Text("out", "yellow"),
            Text("cal." if at.use == "calibration" else "", "bright_black"),
        )
    return table


def _peers(ds: Dataset) -> Table:
    table = titled("Other models on the same tasks (never scored)", "", "model", "they say", "we say", "unit")
    for name in range(ds.peer.size):
        at = ds.isel(peer=name)
        table.add_row(
            str(at.peer.item()), str(at.model.item()), number(float(at.peer_value)),
            number(float(at.our_answer)), unit(str(at.unit.item())),
        )  # fmt: skip
    return table


def unanswered(ds: Dataset) -> Iterator[Text]:
    """Rows without an answer by their reason."""
    left = ds.sel(row=ds.use == "unanswered")
    yield Text(f"Not answered: {left.row.size} of {ds.row.size} rows", "bold")
    for reason in dict.fromkeys(map(str, left.reason.values)):
        names = left.row.values[left.reason.values == reason]
        yield Text(f"  {reason}: {', '.join(map(str, names))}")


def _scores(ds: Dataset) -> Table:
    table = titled(
        "Scores by category (rows count 1, 0.6, 0.2 by confidence)", "", "rows", "targets\nin band",
        "of weight\n[%]", "RMS\nln", "RMS half\nbands", "trends and\nbounds", "not\nanswered",
    )  # fmt: skip
    for category in ds.category.values:
        first = True
        for kind in ds.kind.values:
            at = ds.sel(category=category, kind=kind)
            if not int(at.targets) + int(at.checks) and not (first and int(at.unanswered)):
                continue
            table.add_row(
                CATEGORIES[str(category)] if first else "", str(kind),
                _share(at.targets_in_band, at.targets),
                f"{100 * float(at.weighted_in_band):.0f}" if int(at.targets) else "-",
                number(float(at.log_rmse)), number(float(at.band_rmse)),
                _share(at.checks_passed, at.checks), str(int(at.unanswered)) if first else "",
            )  # fmt: skip
            first = False
    return table


def _share(some: DataArray, whole: DataArray) -> str:
    return f"{int(some)} of {int(whole)}" if int(whole) else "-"


def _lines(lines: list[Line]) -> Table:
    met = sum(bool(line.met) for line in lines)
    table = titled(f"Pass line: {met} of {len(lines)} met", "", "asked", "found", "")
    for column in table.columns[1:3]:
        column.justify = "left"
    for line in lines:
        table.add_row(line.number, line.asked, line.found, Text(*_MARK[line.met]))
    return table


def sentences(ds: Dataset) -> Iterator[Text]:
    """How the run was made and how to read it."""
    quick = ds.attrs["mode"] == "quick"
    yield Text(
        "Calibration rows (cal.) were used to make the model (fitted, or a constant taken from them); test "
        f"rows were not. Bands: {ds.attrs['draws']} draws of disc area, k, specific tension, body mass, cost "
        "exponent and q over their published ranges; the driver is the parameter whose ranks correlate most."
    )
    if quick:
        yield Text(
            "Quick run: upright postures as drawn instead of settled, squares of activation only, no "
            "strength of an inclined trunk, no least co-contraction, no bands of strength and trunk, nothing "
            "of what stands between.",
            "yellow",
        )
