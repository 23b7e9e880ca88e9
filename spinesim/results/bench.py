"""A benchmark as a table for people, and as the one of the README."""

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from xarray import Dataset


def tables(ds: Dataset) -> RenderableType:
    """A table a question, the fastest first, with how many times longer the others take."""
    return Group(_machine(ds), *(part for question in _questions(ds) for part in ("", _table(question, ds))))


def markdown(ds: Dataset) -> str:
    """The same for the README: question, solver, time a case, ratio to ours, how good."""
    lines = ["| question | solver | a case | quartiles | beside ours | how good |", "|---" * 6 + "|"]
    for question in _questions(ds):
        for at, ratio in _ranked(question, ds):
            words = (question, _solver(at), _time(float(at.time)), _spread(at), ratio, _good(at))
            lines.append(f"| {' | '.join(words)} |")
    return "\n".join([*lines, "", _machine(ds)])


def _machine(ds: Dataset) -> str:
    about = ds.attrs
    return (
        f"{about['processor']}, {about['cores']} cores, {about['device']}, {about['system']}; "
        f"Python {about['python_version']}, jax {about['jax_version']}, "
        f"spinesim {about['spinesim_version']}; {about['date']}. Medians, float64."
    )


def _questions(ds: Dataset) -> list[str]:
    return list(dict.fromkeys(map(str, ds.question.values)))


def _table(question: str, ds: Dataset) -> Table:
    table = Table(title=question, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
    for name in ("", "a case", "quartiles", "first call", "beside ours", "how good", "how"):
        table.add_column(name, justify="left" if name in ("", "how") else "right")
    for at, ratio in _ranked(question, ds):
        note = str(at.note.item())
        table.add_row(
            _solver(at), _time(float(at.time)), _spread(at), _time(float(at["first"])), ratio, _good(at), note
        )
    return table


def _ranked(question: str, ds: Dataset) -> Iterator[tuple[Dataset, str]]:
    """Rows of a question in the order they were asked, and their time as a ratio to ours."""
    own = ds.sel(row=ds.question == question)
    ours = own.sel(row=own.solver == "spinesim")
    for number in range(own.sizes["row"]):
        at = own.isel(row=number)
        peer = ours.sizes["row"] == 1 and str(at.solver.item()) != "spinesim" and np.isfinite(at.time)
        yield at, f"{float(at.time / ours.time[0]):.3g} x" if peer else ""


def _solver(at: Dataset) -> str:
    count = int(at.cases)
    return str(at.solver.item()) + (f", {count} cases" if count > 1 and at.solver == "spinesim" else "")


def _time(seconds: float) -> str:
    if not np.isfinite(seconds):
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def _spread(at: Dataset) -> str:
    """Quartiles; one round has none."""
    low, high = float(at.low), float(at.high)
    return f"{_time(low)} to {_time(high)}" if low < high else ""


def _good(at: Dataset) -> str:
    measure = str(at.measure.item())
    if not measure:
        return str(at.note.item()) if not np.isfinite(at.time) else ""
    return f"{measure} {float(at.error):.1e}"
