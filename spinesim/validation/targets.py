"""Published measurements that the model is held against, each with the band a good model falls in.

Roles: `target` is scored, `trend` and `bound` pass or fail; the table's other rows (`peer_model`, another
model's answer, and `derived` and `input`) are not compared. Confidence A was seen in the source, B and C
recalled.
"""

import csv
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path

COMPARED = ("target", "trend", "bound")
TABLE = Path(__file__).with_name("tables") / "validation.csv"
WORDS = ("id", "category", "quantity", "unit", "role", "confidence", "source_key")
NUMBERS = ("value", "accept_low", "accept_high")


@dataclass(frozen=True)
class Target:
    """One published measurement, in the unit of its source."""

    id: str
    category: str
    quantity: str
    unit: str
    role: str
    confidence: str
    source: str
    value: float
    accept_low: float
    accept_high: float

    def accepts(self, answer: float) -> bool:
        """Whether an answer falls in the accepted band."""
        return self.accept_low <= answer <= self.accept_high


@cache
def targets() -> dict[str, Target]:
    """Every row of the package's table that a model is compared with, by its id."""
    return read(TABLE)


def read(path: Path) -> dict[str, Target]:
    """Compared rows of a table of targets by id; refuses missing columns, double ids and lost numbers."""
    found: dict[str, Target] = {}
    with path.open(newline="", encoding="utf-8") as text:
        reader = csv.DictReader(text)
        for name in (*WORDS, *NUMBERS):
            if name not in (reader.fieldnames or ()):
                raise ValueError(f"{path.name}, line 1: no column {name!r}")
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            if row["id"] in found:
                raise ValueError(f"{where}: id {row['id']!r} occurs twice")
            if row["role"] in COMPARED:
                found[row["id"]] = _target(where, row)
    return found


def _target(where: str, row: dict[str, str]) -> Target:
    value, low, high = (_number(where, name, row[name]) for name in NUMBERS)
    identity, category, quantity, unit, role, confidence, source = (row[name] for name in WORDS)
    return Target(identity, category, quantity, unit, role, confidence, source, value, low, high)


def _number(where: str, column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise ValueError(f"{where}: {column} must be a finite number, not {text!r}")
    return number
