"""The tables: CSV columns as NumPy arrays in SI units, checked line by line.

A column is in SI unless its name ends in a unit (`tilt_deg`, `pcsa_cm2`). Every row carries its
`grade` (measured, fitted or assumed) and a `source`: one or more keys of `sources.bib`, apart by `;`.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite, pi
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from spinesim._names import choose

FOLDER = Path(__file__).with_name("tables")
GRADES = ("measured", "fitted", "assumed")
#: SI value of each unit that a constant or the ending of a column name may carry.
UNITS = {
    "1": 1.0, "m": 1.0, "m2": 1.0, "cm2": 1e-4, "kg": 1.0, "deg": pi / 180, "N": 1.0, "Pa": 1.0,
    "MPa": 1e6, "N/cm2": 1e4, "N m/rad/Pa": 1.0, "N m/rad2": 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Rows of one CSV file, each with the number of the line it came from."""

    file: str
    header: tuple[str, ...]
    lines: tuple[int, ...]
    rows: tuple[dict[str, str], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def words(self, column: str) -> tuple[str, ...]:
        """A column as text."""
        if column not in self.header:
            raise ValueError(f"{self.file}, line 1: no column {column!r} among {', '.join(self.header)}")
        return tuple(row[column] for row in self.rows)

    def names(self, column: str) -> tuple[str, ...]:
        """A column of names, no two alike."""
        seen: set[str] = set()
        for line, word in zip(self.lines, self.words(column), strict=True):
            if word in seen:
                raise ValueError(f"{self.file}, line {line}: {column} {word!r} occurs twice")
            seen.add(word)
        return self.words(column)

    def places(self, column: str, known: Sequence[str]) -> Int[np.ndarray, "row"]:
        """Where each word of a column stands in `known`."""
        words = zip(self.lines, self.words(column), strict=True)
        where = f"{self.file}, line"
        return np.array([known.index(choose(column, word, known, f"{where} {line}")) for line, word in words])

    def numbers(self, *columns: str) -> Float[np.ndarray, "row *column"]:
        """One column, or several side by side, as finite numbers in SI units."""
        values = np.array([self._column(column) for column in columns])
        return values[0] if len(columns) == 1 else values.T

    def where(self, column: str, *words: str) -> "Table":
        """The rows whose `column` reads one of `words`."""
        kept = [index for index, word in enumerate(self.words(column)) if word in words]
        lines = tuple(self.lines[index] for index in kept)
        return Table(self.file, self.header, lines, tuple(self.rows[index] for index in kept))

    def _column(self, column: str) -> list[float]:
        factor = UNITS.get(column.rpartition("_")[2], 1.0)
        texts = zip(self.lines, self.words(column), strict=True)
        return [factor * _finite(self.file, line, column, text) for line, text in texts]


def _finite(file: str, line: int, column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise ValueError(f"{file}, line {line}: {column} must be a finite number, not {text!r}")
    return number


def read(path: Path) -> Table:
    """A CSV file with a header; refuses rows cut short, rows too long and grades that do not exist."""
    with path.open(newline="", encoding="utf-8") as text:
        reader = csv.reader(text)
        header = tuple(next(reader, ()))
        counted = [(reader.line_num, row) for row in reader]
    for line, row in counted:
        if len(row) != len(header):
            raise ValueError(f"{path.name}, line {line}: {len(row)} cells under {len(header)} columns")
    rows = tuple(dict(zip(header, row, strict=True)) for _, row in counted)
    table = Table(path.name, header, tuple(line for line, _ in counted), rows)
    for line, grade in zip(table.lines, table.words("grade"), strict=True):
        if grade not in GRADES:
            raise ValueError(f"{path.name}, line {line}: grade {grade!r} is none of {', '.join(GRADES)}")
    return table


@cache
def load(name: str) -> Table:
    """The package's own table `name`."""
    return read(FOLDER / f"{name}.csv")


@cache
def constants(name: str = "constants") -> dict[str, float]:
    """Numbers that stand alone in the table `name`, by their names, in SI units."""
    table = load(name)
    factors = [UNITS[unit] for unit in table.words("unit")]
    values = table.numbers("value") * np.array(factors)
    return dict(zip(table.names("name"), values, strict=True))


def contact_names() -> tuple[str, ...]:
    """Places a support may push on, in the order of `model.contacts`."""
    return load("contacts").names("name")
