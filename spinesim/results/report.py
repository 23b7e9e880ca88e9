"""The report on measured disc pressure, for people: tables and the sentences that go with them."""

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from xarray import DataArray, Dataset

from spinesim.results.measured import LEVEL, PRESSURE_FACTORS

#: Names of muscles as a table has room for.
SHORT = {
    "longissimus": "long.", "iliocostalis": "ilioc.", "pars_lumborum": "lumb.", "pars_thoracis": "thor.",
    "external_oblique": "ext. oblique", "internal_oblique": "int. oblique",
    "transversus_abdominis": "transversus", "rectus_abdominis": "rectus abd.", "psoas_major": "psoas",
    "latissimus_dorsi": "latissimus", "quadratus_lumborum": "quadratus",
}  # fmt: skip
WORKING = 3
SENTENCES = (
    "Calibration: nothing was fitted to the loaded rows. The swelling pressure of an unloaded disc "
    "(0.1 MPa) is the lying pressure of the same man, so the lying rows test little.",
    f"Pressure is compression / (k x area) with k = 0.66, and {PRESSURE_FACTORS[1]} to {PRESSURE_FACTORS[0]} "
    "(Dreischarf 2013) for the range. k, area and transducer bias cancel in the ratio to standing, the "
    "primary score.",
    "Upright postures are settled: pelvis and levels turn, within what healthy people differ by, to where "
    "effort and strain are least; --no-settle holds them as drawn. Lying postures are held as drawn.",
    "Measured: one man, one transducer (Wilke 1999, 2001); differences between people are not in these "
    "rows. Side bend, rotation and leaning back were recalled, not seen in the paper: their bands are wide.",
    "Angles that were not published (slouched, elbows on thighs, prone on elbows, side bend, rotation) are "
    "assumed from geometry and measured ranges of motion, by people who knew these pressures.",
    "Sitting: Wilke found 92 percent of standing; Sato (1999, eight men) 116 and Nachemson (1966) 140. "
    "The model is tuned to none of them.",
    "Left out: walking, stairs and rising from a chair (movements; this is a static solve) and the night "
    "(0.10 to 0.24 MPa; it needs the day's history of the disc's fluid).",
)


def report(ds: Dataset, scores: Dataset) -> RenderableType:
    """The comparison, what carries the load, the scores and their limits."""
    return Group(_pressures(ds), "", _loads(ds), "", _scores(scores), "", *_sentences(ds))


def short(name: str) -> str:
    """A group's name, shortened to fit a table or an axis."""
    for long, brief in SHORT.items():
        name = name.replace(long, brief)
    return name.replace("_", " ")


def working(pull: DataArray, count: int = WORKING) -> str:
    """The muscles that pull most across the level, with their force [N]."""
    order = np.argsort(-pull.values)[:count]
    strong = [(str(pull.muscle.values[i]), float(pull[i])) for i in order if float(pull[i]) >= 1]
    return ", ".join(f"{short(name)} {force:.0f}" for name, force in strong)


def titled(title: str, *columns: str) -> Table:
    """A plain table under a title, its first column of names."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left", no_wrap=i == 0)
    return table


def _pressures(ds: Dataset) -> Table:
    table = titled(
        f"Pressure in the {LEVEL} disc, absolute and as a ratio to standing",
        "", "measured\n[MPa]", "model\n[MPa]", "range\nof k", "error\n[MPa]", "measured\n[%]", "model\n[%]",
        "error\n[%]", "band",
    )  # fmt: skip
    for name in ds.posture.values:
        at = ds.sel(posture=name)
        cells = [str(at.label.item()), f"{float(at.measured_pressure) / 1e6:.2f}"]
        if at.status != "converged":
            table.add_row(*cells, Text(str(at.status.item()), "bold red"))
            continue
        goal, ratio = 100 * float(at.measured_ratio), 100 * float(at.ratio)
        table.add_row(
            *cells,
            f"{float(at.pressure) / 1e6:.2f}",
            f"{float(at.pressure_low) / 1e6:.2f}-{float(at.pressure_high) / 1e6:.2f}",
            f"{float(at.error) / 1e6:+.2f}",
            f"{goal:.0f}", f"{ratio:.0f}", f"{ratio - goal:+.0f}",
            Text("in", "green") if at.in_band else Text("out", "yellow"),
        )  # fmt: skip
    return table


def _loads(ds: Dataset) -> Table:
    table = titled(
        f"What carries the load at {LEVEL}",
        "", "disc\n[N]", "shear\n[N]", "facets\n[N]", "share\n[%]", "abdomen\n[kPa]",
    )  # fmt: skip
    table.add_column("hardest pulling muscles,\nboth sides [N]", justify="left")
    for name in ds.posture.values:
        at = ds.sel(posture=name, level=LEVEL)
        if at.status == "converged":
            table.add_row(
                str(at.label.item()),
                f"{float(at.disc_compression):.0f}",
                f"{float(at.disc_anterior_shear):.0f}",
                f"{float(at.facet_force.sum()):.0f}",
                f"{100 * float(at.facet_share):.1f}",
                f"{float(at.intra_abdominal_pressure) / 1e3:.1f}",
                working(at.muscle_pull),
            )
    return table


def _scores(scores: Dataset) -> Table:
    table = titled(
        "Agreement, absolute and as a ratio to standing",
        "",
        "rows",
        "in band",
        "RMSE\n[MPa]",
        "slope",
        "r",
        "RMSE\n[%]",
        "slope",
        "r",
    )
    for kind in scores.kind.values:
        at = scores.sel(kind=kind)
        table.add_row(
            str(kind), str(int(at["count"])), str(int(at.in_band)),
            _known(at.rmse / 1e6, 2), _known(at.slope, 2), _known(at.correlation, 3),
            _known(100 * at.ratio_rmse, 0), _known(at.ratio_slope, 2), _known(at.ratio_correlation, 3),
        )  # fmt: skip
    return table


def _known(value: DataArray, digits: int) -> str:
    """A score with fixed decimals; a dash where too few postures were held for one."""
    return "-" if value.isnull() else f"{float(value):.{digits}f}"


def _sentences(ds: Dataset) -> Iterator[Text]:
    unsolved = ds.sel(posture=ds.status != "converged")
    for name, status in zip(unsolved.label.values, unsolved.status.values, strict=True):
        sentence = ds.status.attrs[str(status)]
        yield Text(f"{name}: {status}, counted in no score. {sentence}", "red")
    yield from map(Text, SENTENCES)
