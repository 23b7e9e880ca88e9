"""The report of a validation run: one HTML page that needs no other file."""

from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from xarray import Dataset

from spinesim._files import replacing
from spinesim.results.between_text import HEAD, READING, told
from spinesim.results.scoreboard import number
from spinesim.results.scoreboard_text import accepted, driver, sentences, span, unanswered, unit, what
from spinesim.results.validation import Validation
from spinesim.validation.targets import CATEGORIES
from spinesim.viz.validation import pages

#: What a figure shows, by its name.
CAPTIONS = {
    "pressure": "Pressure in the L4-L5 disc of one man, standing = 100 % and absolute. Open squares: the "
    "elementary hand model, a model and not scored.",
    "curves": "The ligamentous column L1-S1 under pure moments. Diamonds: specimens (Yamamoto 1989 by level, "
    "the range of Dreischarf 2014 for L1-L5, half of both sides).",
    "facets": "Contact force of the loaded facet of L4-L5. Pressure film reads 18 to 50 % too high.",
    "load_parts": "What presses on L4-L5 in each posture: the shares of weight, loads, muscles and tissues.",
    "emg": "Muscle activity against electromyography; the ranges are judged over several studies.",
    "muscle_activity": "Activity of every muscle group in the measured postures.",
    "strength_and_stability": "Answers over measurements: strength, alignment, pressure, stability.",
    "peers": "What another model says of the same tasks; no measurement, so never scored.",
    "drivers": "Which of the parameters that are not known drives each answer.",
}  # fmt: skip
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 1080px; margin: 2rem auto }
h1 { font-size: 1.7rem } h2 { font-size: 1.25rem; margin-top: 2.4rem }
table { border-collapse: collapse; width: 100%; font-size: 13px }
caption { text-align: left; font-weight: 600 }
th, td { padding: 3px 8px; border-bottom: 1px solid #e4e4e4; text-align: right; vertical-align: top }
th:first-child, td:first-child, td.word, th.word { text-align: left }
img { width: 100%; height: auto } figure { margin: 1.2rem 0 } figcaption { color: #555; font-size: 13px }
.in { color: #00795a } .out { color: #b4480a } .none { color: #777 } .scroll { overflow-x: auto }
"""


def write(found: Validation, folder: Path) -> Path:
    """Write `validation.html` into a folder, whole or not at all."""
    page = folder / "validation.html"
    with replacing(page) as draft:
        draft.write_text(html(found), encoding="utf-8")
    return page


def html(found: Validation) -> str:
    """The page as text, its figures inside."""
    said = found.board.attrs
    parts = [
        "<h1>spinesim against measured spines</h1>",
        _paragraph(
            f"spinesim {said['spinesim_version']}, {said['mode']} run of {said['targets']}, model "
            f"{said['model_hash'][:12]}, {said['precision']} on {said['device']}, JAX {said['jax_version']}."
        ),
        *(_paragraph(text.plain) for text in sentences(found.board)),
        "<h2>Pass line</h2>", _lines(found),
        *_between(found.between),
        "<h2>Scores by category</h2>", _scores(found.scores),
        "<h2>Figures</h2>", *(_figure(name, page) for name, page in pages(found).items()),
        "<h2>Every row</h2>", *_rows(found.board),
        "<h2>Other models</h2>", _peers(found.peers),
        "<h2>Not answered</h2>", *(_paragraph(text.plain) for text in unanswered(found.board)),
    ]  # fmt: skip
    body = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>spinesim validation</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _figure(name: str, page: Figure) -> str:
    image = BytesIO()
    page.savefig(image, format="svg")
    coded = b64encode(image.getvalue()).decode()
    caption = escape(CAPTIONS[name])
    return (
        f'<figure id="{name}"><img alt="{caption}" src="data:image/svg+xml;base64,{coded}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _table(head: list[str], rows: list[list[str]], caption: str = "") -> str:
    """A table of cells that are HTML already."""
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = "".join("<tr>" + "".join(row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll"><table>{title}<thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def _lines(found: Validation) -> str:
    marks = {True: ("met", "in"), False: ("not met", "out"), None: ("no answer", "none")}
    rows = [
        [_cell(line.number), _cell(line.asked, "word"), _cell(line.found, "word"), _cell(*marks[line.met])]
        for line in found.lines
    ]
    return _table(["", "asked", "found", ""], rows)


def _between(ds: Dataset | None) -> list[str]:
    """What stands between; nothing of a quick run."""
    if ds is None:
        return []
    words = {"missed", "parameter", "needed"}
    rows = [
        [_cell(text, "word" if name in words else "") for name, text in zip(each._fields, each, strict=True)]
        for each in told(ds)
    ]
    return ["<h2>What stands between</h2>", _paragraph(READING), _table(list(HEAD), rows)]


def _scores(ds: Dataset) -> str:
    cells = [(str(c), str(k)) for c in ds.category.values for k in ds.kind.values]
    rows = [_score(ds.sel(category=category, kind=kind)) for category, kind in cells]
    head = ["", "rows", "targets in band", "RMS ln", "RMS half bands", "trends and bounds", "unanswered"]
    return _table(head, [row for row in rows if row])


def _score(at: Dataset) -> list[str]:
    if not int(at.targets) + int(at.checks):
        return []
    return [
        _cell(CATEGORIES[str(at.category.item())]), _cell(str(at.kind.item())),
        _cell(f"{int(at.targets_in_band)} of {int(at.targets)}"),
        _cell(number(float(at.log_rmse))), _cell(number(float(at.band_rmse))),
        _cell(f"{int(at.checks_passed)} of {int(at.checks)}"), _cell(str(int(at.unanswered))),
    ]  # fmt: skip


def _rows(ds: Dataset) -> list[str]:
    found = []
    for category, title in CATEGORIES.items():
        own = ds.sel(row=(ds.category == category) & ds.answer.notnull())
        if own.row.size:
            lines = [_row(own.isel(row=i)) for i in range(own.row.size)]
            head = ["row", "what", "measured", "accepted", "model", "band", "driver", "", "rows", "source"]
            found.append(_table(head, lines, title))
    return found


def _row(at: Dataset) -> list[str]:
    low, high = float(at.low), float(at.high)
    band = span(low, high) if low < high else ""
    return [
        _cell(str(at.row.item())), _cell(what(at), "word"),
        _cell(f"{number(float(at['value']))} {unit(str(at.unit.item()))}"),
        _cell(accepted(at)), _cell(number(float(at.answer))), _cell(band),
        _cell(driver(str(at.driver.item()), float(at.driver_correlation))),
        _cell("in", "in") if at.in_band else _cell("out", "out"),
        _cell(str(at.use.item())), _cell(str(at.source_key.item()), "word"),
    ]  # fmt: skip


def _peers(ds: Dataset) -> str:
    rows = [_peer(ds.isel(peer=i)) for i in range(ds.peer.size)]
    return _table(["", "model", "quantity", "they say", "we say", "unit"], rows)


def _peer(at: Dataset) -> list[str]:
    return [
        _cell(str(at.peer.item())), _cell(str(at.model.item()), "word"),
        _cell(str(at.quantity.item()).replace("_", " "), "word"),
        _cell(number(float(at.peer_value))), _cell(number(float(at.our_answer))),
        _cell(unit(str(at.unit.item()))),
    ]  # fmt: skip
