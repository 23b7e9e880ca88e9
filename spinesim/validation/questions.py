"""What a row asks of a person: who, which posture, with what numbers; and why some cannot be asked.

A row names its posture, inclination and hand load, and may tell the mass and stature of its people; a task is
built from them, so a table of other postures is answered as well. Postures of the report on disc pressure may
be given as they settled; the others are held as drawn, since a row that gives an angle measured it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import jax.numpy as jnp

from spinesim._names import choose
from spinesim.models import tables
from spinesim.models.anatomy import BODIES, LEVELS, Model
from spinesim.models.kinematics import at
from spinesim.models.state import STANDARD_GRAVITY, Task
from spinesim.scenarios.postures import numbers_of
from spinesim.scenarios.tasks import ALSO, TASKS, named_task, numbers_in, task
from spinesim.validation.people import PEOPLE, Who, frames_of, person, stacked
from spinesim.validation.targets import FOLDER, Target

#: What is read off a posture.
QUANTITIES = (
    "intradiscal_pressure", "disc_load_ratio_to_standing", "disc_compression", "anterior_shear",
    "muscle_activation", "passive_share_of_net_moment_max", "iap_peak", "iap_mean",
)  # fmt: skip
#: Muscles as electromyographers call them; the electrode over the lumbar erector hears its lumbar fascicles.
MUSCLES = {
    "LES": ("longissimus_pars_lumborum", "iliocostalis_pars_lumborum"), "MF": ("multifidus",),
    "RA": ("rectus_abdominis",), "EO": ("external_oblique",), "IO": ("internal_oblique",),
    "TrA": ("transversus_abdominis",),
}  # fmt: skip
#: Angles that a row may give.
ANGLES = ("trunk_flexion_deg", "lumbar_flexion_deg")
#: Sensors of abdominal pressure lie on the pelvic floor, under the column of the abdomen's contents.
WATER = 1000.0  # kg/m^3
_THORAX = BODIES.index("thorax")


@dataclass(frozen=True)
class Plan:
    """Cases to solve and which of them answers which row."""

    people: tuple[Who, ...]  # of every case
    tasks: tuple[Task, ...]
    case: dict[str, int]  # by row
    standing: dict[str, int]  # by row, for ratios
    head: dict[str, float]  # by row, pressure of the abdomen's contents [kPa]

    def models(self) -> Model:
        """Models of all cases, stacked."""
        return stacked([person(name) for name in self.people])


def plan(rows: Sequence[Target], settled: Mapping[str, Task]) -> Plan:
    """Cases of all rows that ask for a posture; equal ones are solved once.

    Args:
        rows: any rows; those of other experiments are passed over.
        settled: tasks of the volunteer by name, to be taken in place of those that are drawn.
    """
    cases: dict[tuple[Who, str, tuple], Task] = {
        ("volunteer", "standing", ()): settled.get("standing", task("standing"))
    }
    found, standing, head = {}, {}, {}
    for row in rows:
        asked = question(row)
        if asked is None:
            continue
        who, name, numbers = asked
        drawn = settled.get(name) if who == "volunteer" and not numbers else None
        cases.setdefault(asked, _task(row, name, dict(numbers)) if drawn is None else drawn)
        upright = (who, "standing", ())
        cases.setdefault(upright, settled.get("standing", task("standing")))
        found[row.id], standing[row.id] = list(cases).index(asked), list(cases).index(upright)
        if row.quantity.startswith("iap"):
            head[row.id] = static_head(person(who), cases[asked])
    return Plan(tuple(who for who, *_ in cases), tuple(cases.values()), found, standing, head)


def question(row: Target) -> tuple[Who, str, tuple[tuple[str, Any], ...]] | None:
    """Person, task and its own numbers that a row asks for; None if it asks for another experiment."""
    known = _postures()
    if not _readable(row) or row.posture not in known or _ignored(row):
        return None
    name, numbers = known[row.posture]
    usual = named_task(name)
    given = dict(numbers) | _angles(row, numbers_of(usual.posture))
    if not isnan(row.hand_load_kg):
        given["hand_load_kg"] = row.hand_load_kg
    own = {key: value for key, value in given.items() if usual.numbers.get(key, 0.0) != value}
    return _who(row), name, tuple(sorted(own.items()))


def refusal(row: Target) -> str:
    """Why a row that reads like a posture of people cannot be asked; empty if there is no reason."""
    if not _readable(row):
        return ""
    try:
        choose("posture", row.posture, _postures())
    except ValueError as error:
        return str(error)
    return _ignored(row)


def _readable(row: Target) -> bool:
    """Whether a row asks for what is read off postures."""
    level = row.level.split("/")[0] in (*LEVELS, *MUSCLES, "abdomen")
    return level and row.quantity in QUANTITIES and not row.external_load


def _angles(row: Target, takes: Sequence[str]) -> dict[str, float]:
    """Angles of a row that a posture takes."""
    found = {name: getattr(row, name) for name in ANGLES if name in takes and not isnan(getattr(row, name))}
    if row.trunk_flexion_deg < 0 and "trunk_extension_deg" in takes:
        found["trunk_extension_deg"] = -row.trunk_flexion_deg
    return found


def _ignored(row: Target) -> str:
    """An angle, other than none and the usual one, that the posture of a row does not take, in words."""
    name, _ = _postures()[row.posture]
    usual, posture = named_task(name).numbers, named_task(name).posture
    takes = numbers_of(posture)
    leans_back = row.trunk_flexion_deg < 0 and "trunk_extension_deg" in takes
    for column in ANGLES:
        asked = getattr(row, column)
        known = isnan(asked) or asked in (0.0, usual.get(column, 0.0)) or column in takes
        if not known and not (column == "trunk_flexion_deg" and leans_back):
            return f"posture {row.posture!r} takes no {column}"
    return ""


def _task(row: Target, name: str, numbers: dict[str, Any]) -> Task:
    """The task of a row; a number out of its range is named with file and line."""
    try:
        return task(name, **numbers)
    except ValueError as error:
        raise ValueError(f"{row.where}: {error}" if row.where else str(error)) from error


def _postures() -> dict[str, tuple[str, dict[str, Any]]]:
    """Task and numbers by the word for a posture: our own, the literature's, those of the table."""
    ours: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in TASKS}
    theirs: dict[str, tuple[str, dict[str, Any]]] = {also: (name, {}) for also, name in ALSO.items()}
    table = tables.read(FOLDER / "postures.csv")
    listed = {row["posture"]: (row["task"], numbers_in(row["numbers"])) for row in table.rows}
    return ours | theirs | listed


def _who(row: Target) -> Who:
    """The person of a row: one of PEOPLE, of the mass (`85 kg`) and stature (`1.85 m`) that it tells."""
    woman = "women" in row.population or "female" in row.population
    usual = "woman" if woman else "volunteer" if row.category in ("1_idp", "5_msk") else "man"
    told = [re.search(rf"([0-9.]+) ?{unit}\b", row.population) for unit in ("kg", "m")]
    sex, *size = PEOPLE[usual]
    mass, stature = (float(own[1]) if own else given for own, given in zip(told, size, strict=True))
    return usual if [mass, stature] == size else (sex, mass, stature)


def static_head(model: Model, asked: Task) -> float:
    """Pressure of the abdomen's contents on the pelvic floor, from the dome of the diaphragm down [kPa]."""
    frames = frames_of(model, asked)
    points = jnp.stack([model.abdomen.diaphragm, model.abdomen.pelvic_floor])
    dome, floor = at(frames, (_THORAX, 0), points) @ frames.world[:, 1]
    return WATER * STANDARD_GRAVITY * float(dome - floor) / 1e3
