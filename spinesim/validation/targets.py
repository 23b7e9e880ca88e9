"""Published measurements that the model is held against, each with the band a good model falls in.

Roles: `target` is scored, `trend` and `bound` pass or fail, `peer_model` is another model's answer, shown
and never scored; `derived` and `input` rows are not compared. Confidence A was seen in the source, B and C
recalled. What each row was used for, and why some have no answer, stands in the table `uses`.
"""

import csv
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

from spinesim._files import read_text
from spinesim._names import choose
from spinesim.models.anatomy import LEVELS

COMPARED = ("target", "trend", "bound")
ROLES = (*COMPARED, "peer_model", "derived", "input")
#: What a row counts by confidence.
WEIGHTS = {"A": 1.0, "B": 0.6, "C": 0.2}
FOLDER = Path(__file__).with_name("tables")
TABLE = FOLDER / "validation.csv"
CATEGORIES = {
    "1_idp": "disc pressure", "3_fsu": "segments", "4_facet": "facets", "5_msk": "muscles and loads",
    "6_strength_kinematics": "strength, motion, alignment", "7_iap": "abdominal pressure",
    "7_stability": "stability", "8_creep": "creep", "9_tolerance": "tolerance",
}  # fmt: skip
UNITS = (
    "MPa", "N", "kN", "Nm", "N_per_mm", "deg", "deg_per_deg", "deg_per_year", "mm", "cm2", "kg", "kPa",
    "percent", "percent_MVC", "percent_of_flexion_range", "ratio", "sign", "q", "cycles",
)  # fmt: skip
#: Where a row may have been measured beside LEVELS: spans of the spine, muscles, parts of the body.
PLACES = (
    *LEVELS, "L1L5", "L1S1", "L4S1", "T12S1", "T12-S1", "L3-S1", "T6T11", "L2L3/L4L5", "L4L5/L5S1",
    "each L1-S1", "L2/L4 posteroanterior", "lumbar", "whole lumbar", "porcine lumbar", "facet", "pelvis",
    "trunk", "thorax harness", "trunk muscles", "abdomen", "stature", "LES", "MF", "RA", "EO", "IO", "TrA",
)  # fmt: skip
WORDS = (
    "id", "category", "quantity", "posture", "external_load", "level", "unit", "population", "normalise_by",
    "role", "confidence", "source_key",
)  # fmt: skip
#: Numbers that a compared row must have, and those that it may leave blank.
NUMBERS = ("value", "accept_low", "accept_high")
SETTINGS = ("trunk_flexion_deg", "lumbar_flexion_deg", "hand_load_kg")
#: Words that come from a list.
_VALID = {"category": CATEGORIES, "level": PLACES, "unit": UNITS, "role": ROLES, "confidence": WEIGHTS}


@dataclass(frozen=True)
class Target:
    """One published number, in the unit of its source; NaN where the source says nothing."""

    id: str
    category: str
    quantity: str
    posture: str
    external_load: str
    level: str
    unit: str
    population: str
    normalise_by: str
    role: str
    confidence: str
    source_key: str
    value: float
    accept_low: float
    accept_high: float
    trunk_flexion_deg: float
    lumbar_flexion_deg: float
    hand_load_kg: float
    where: str = field(default="", compare=False)  # file and line

    @property
    def weight(self) -> float:
        """What the row counts in a score."""
        return WEIGHTS[self.confidence]

    def accepts(self, answer: float) -> bool:
        """Whether an answer falls in the accepted band."""
        return self.accept_low <= answer <= self.accept_high


@dataclass(frozen=True)
class Use:
    """What a row was used for while the model was made: fitted, informed, or nothing to be answered."""

    use: str
    reason: str


@cache
def targets(path: Path = TABLE) -> dict[str, Target]:
    """Every row that a model is compared with, by its id."""
    return {name: row for name, row in read(path).items() if row.role in COMPARED}


@cache
def peers(path: Path = TABLE) -> dict[str, Target]:
    """Answers of other models, by id."""
    return {name: row for name, row in read(path).items() if row.role == "peer_model"}


@cache
def uses() -> dict[str, Use]:
    """What the rows of the package's table that are no plain test were used for, by id."""
    with (FOLDER / "uses.csv").open(newline="", encoding="utf-8") as text:
        return {row["id"]: Use(row["use"], row["reason"]) for row in csv.DictReader(text)}


def read(path: Path) -> dict[str, Target]:
    """Rows of a table of targets by id; a mistake in it is named with file and line."""
    found: dict[str, Target] = {}
    reader = csv.DictReader(StringIO(read_text(path)))
    for name in (*WORDS, *NUMBERS, *SETTINGS):
        if name not in (reader.fieldnames or ()):
            raise ValueError(f"{path.name}, line 1: no column {name!r}")
    for row in reader:
        where = f"{path.name}, line {reader.line_num}"
        if None in row.values() or None in row:
            raise ValueError(f"{where}: needs {len(reader.fieldnames or ())} cells, one a column")
        if row["id"] in found:
            raise ValueError(f"{where}: id {row['id']!r} occurs twice")
        found[row["id"]] = _target(where, row)
    return found


def _target(where: str, row: dict[str, str]) -> Target:
    for column, valid in _VALID.items():
        choose(column, row[column], valid, where)
    needed = row["role"] in COMPARED
    numbers = {name: _number(where, name, row[name], needed) for name in NUMBERS}
    settings = {name: _number(where, name, row[name], False) for name in SETTINGS}
    if numbers["accept_low"] > numbers["accept_high"]:
        raise ValueError(f"{where}: accept_low lies above accept_high")
    given: dict[str, Any] = {name: row[name] for name in WORDS} | numbers | settings
    return Target(**given, where=where)


def _number(where: str, column: str, text: str, needed: bool) -> float:
    """A finite number; NaN for a blank that may be."""
    if not text and not needed:
        return nan
    try:
        number = float(text)
    except ValueError:
        number = inf
    if not isfinite(number):
        raise ValueError(f"{where}: {column} must be a finite number, not {text!r}")
    return number
