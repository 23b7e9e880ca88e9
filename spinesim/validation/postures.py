"""Loads, pressures and activity of people in postures: rows of categories 1, 5, 6 and 7.

A row names its posture, inclination and hand load; a task is built from them, so a table of other postures is
answered as well. Postures of the report on disc pressure may be given as they settled; the others are held
as drawn, since a row that gives an angle measured it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models import tables
from spinesim.models.anatomy import BODIES, LEVELS, Model
from spinesim.models.disc import intradiscal_pressure, mid_disc_frame
from spinesim.models.groups import REPORTED, group_weights
from spinesim.models.kinematics import at
from spinesim.models.placement import place
from spinesim.models.state import STANDARD_GRAVITY, Task
from spinesim.scenarios.postures import numbers_of
from spinesim.scenarios.tasks import ALSO, TASKS, named_task, numbers_in, task
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status
from spinesim.validation.people import person, stacked
from spinesim.validation.targets import FOLDER, Target

#: Muscles as electromyographers call them; the electrode over the lumbar erector hears its lumbar fascicles.
MUSCLES = {
    "LES": ("longissimus_pars_lumborum", "iliocostalis_pars_lumborum"), "MF": ("multifidus",),
    "RA": ("rectus_abdominis",), "EO": ("external_oblique",), "IO": ("internal_oblique",),
    "TrA": ("transversus_abdominis",),
}  # fmt: skip
#: Sensors of abdominal pressure lie on the pelvic floor, under the column of the abdomen's contents.
WATER = 1000.0  # kg/m^3
_THORAX = BODIES.index("thorax")


class Ends(NamedTuple):
    """What is read of solved postures, along a leading axis of cases, or of draws and cases."""

    compression: Any  # (*draw, case, level)
    shear: Any  # (*draw, case, level)
    activation: Any  # (*draw, case, group)
    abdominal: Any  # (*draw, case)
    held: Any  # (*draw, case) whether the solve converged


@dataclass(frozen=True)
class Plan:
    """Cases to solve and which of them answers which row."""

    people: tuple[str, ...]  # of every case
    tasks: tuple[Task, ...]
    case: dict[str, int]  # by row
    standing: dict[str, int]  # by row, for ratios
    head: dict[str, float]  # by row, pressure of the abdomen's contents [kPa]

    def models(self) -> Model:
        """Models of all cases, stacked."""
        return stacked([person(name) for name in self.people])


def kept(solution: Equilibrium) -> Ends:
    """The part of a batch of equilibria that rows are read from."""
    return Ends(
        solution.disc_compression, solution.disc_anterior_shear, solution.group_activation,
        solution.intra_abdominal_pressure, solution.status == Status.converged,
    )  # fmt: skip


def plan(rows: Sequence[Target], settled: Mapping[str, Task]) -> Plan:
    """Cases of all rows that ask for a posture; equal ones are solved once.

    Args:
        rows: any rows; those of other experiments are passed over.
        settled: tasks of the volunteer by name, to be taken in place of those that are drawn.
    """
    cases: dict[tuple[str, str, tuple], Task] = {
        ("volunteer", "standing", ()): settled.get("standing", task("standing"))
    }
    found, standing, head = {}, {}, {}
    for row in rows:
        asked = question(row)
        if asked is None:
            continue
        who, name, numbers = asked
        drawn = settled.get(name) if who == "volunteer" and not numbers else None
        cases.setdefault(asked, task(name, **dict(numbers)) if drawn is None else drawn)
        upright = (who, "standing", ())
        cases.setdefault(upright, settled.get("standing", task("standing")))
        found[row.id], standing[row.id] = list(cases).index(asked), list(cases).index(upright)
        if row.quantity.startswith("iap"):
            head[row.id] = static_head(person(who), cases[asked])
    return Plan(tuple(who for who, *_ in cases), tuple(cases.values()), found, standing, head)


def question(row: Target) -> tuple[str, str, tuple[tuple[str, Any], ...]] | None:
    """Person, task and its own numbers that a row asks for; None if it asks for another experiment."""
    known = _postures()
    readable = row.level.split("/")[0] in (*LEVELS, *MUSCLES, "abdomen")
    if row.quantity not in READINGS or row.external_load or row.posture not in known or not readable:
        return None
    name, numbers = known[row.posture]
    usual = named_task(name)
    takes = numbers_of(usual.posture)
    given = dict(numbers)
    if not isnan(row.hand_load_kg):
        given["hand_load_kg"] = row.hand_load_kg
    for column in ("trunk_flexion_deg", "lumbar_flexion_deg"):
        value = getattr(row, column)
        if not isnan(value) and column in takes:
            given[column] = value
    if row.trunk_flexion_deg < 0 and "trunk_extension_deg" in takes:
        given["trunk_extension_deg"] = -row.trunk_flexion_deg
    own = {key: value for key, value in given.items() if usual.numbers.get(key, 0.0) != value}
    return _who(row), name, tuple(sorted(own.items()))


def _postures() -> dict[str, tuple[str, dict[str, Any]]]:
    """Task and numbers by the word for a posture: our own, the literature's, those of the table."""
    ours: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in TASKS}
    theirs: dict[str, tuple[str, dict[str, Any]]] = {also: (name, {}) for also, name in ALSO.items()}
    table = tables.read(FOLDER / "postures.csv")
    listed = {row["posture"]: (row["task"], numbers_in(row["numbers"])) for row in table.rows}
    return ours | theirs | listed


def _who(row: Target) -> str:
    if "women" in row.population or "female" in row.population:
        return "woman"
    return "volunteer" if row.category in ("1_idp", "5_msk") else "man"


def static_head(model: Model, asked: Task) -> float:
    """Pressure of the abdomen's contents on the pelvic floor, from the dome of the diaphragm down [kPa]."""
    frames = place(model, asked).frames
    points = jnp.stack([model.abdomen.diaphragm, model.abdomen.pelvic_floor])
    dome, floor = at(frames, (_THORAX, 0), points) @ frames.world[:, 1]
    return WATER * STANDARD_GRAVITY * float(dome - floor) / 1e3


def read(
    row: Target, planned: Plan, ends: Ends, resistance: float | Float[np.ndarray, "*draw"] = 1.0
) -> Float[np.ndarray, "*draw"]:
    """Answers to one row in its unit, NaN where the posture is not held.

    Args:
        row: one that `planned` has a case for.
        planned: the cases.
        ends: their ends; axes before that of the cases are kept.
        resistance: area times k of the discs over those of the model.
    """
    case, upright = planned.case[row.id], planned.standing[row.id]
    held = ends.held[..., case] & ends.held[..., upright]
    return np.where(held, READINGS[row.quantity](row, planned, ends, resistance), np.nan)


def pressure_in(model: Model, level: str, compression: Any, resistance: Any = 1.0) -> np.ndarray:
    """Pressure of a disc under a compression [MPa] when it resists with so much more area times k."""
    disc = jax.tree.map(lambda leaf: leaf[LEVELS.index(level)], model.discs)
    return np.asarray(intradiscal_pressure(disc, jnp.asarray(compression / resistance))) / 1e6


def _level(row: Target) -> str:
    return row.level.split("/")[0]


def _of(quantity: np.ndarray, case: int, row: Target) -> np.ndarray:
    """Values of a case at the level of a row."""
    return quantity[..., case, LEVELS.index(_level(row))]


def _pressure(row: Target, planned: Plan, ends: Ends, resistance: Any) -> np.ndarray:
    case = planned.case[row.id]
    body = person(planned.people[case])
    return pressure_in(body, _level(row), _of(ends.compression, case, row), resistance)


def _ratio(row: Target, planned: Plan, ends: Ends, resistance: Any) -> np.ndarray:
    upright = _of(ends.compression, planned.standing[row.id], row)
    return 100 * _of(ends.compression, planned.case[row.id], row) / upright


def _activation(row: Target, planned: Plan, ends: Ends, resistance: Any) -> np.ndarray:
    """Mean over cross-section of both sides [% of the greatest]."""
    case = planned.case[row.id]
    fascicles = person(planned.people[case]).fascicles
    size = group_weights(fascicles) @ np.asarray(fascicles.pcsa)
    own = np.array([name[:-2] in MUSCLES[row.level] for name in REPORTED]) * size
    return 100 * ends.activation[..., case, :] @ own / own.sum()


def _abdominal(row: Target, planned: Plan, ends: Ends, resistance: Any) -> np.ndarray:
    """What the wall makes on top of the static head [kPa]."""
    return ends.abdominal[..., planned.case[row.id]] / 1e3 + planned.head[row.id]


#: How each quantity is read off solved postures.
READINGS: dict[str, Callable[[Target, Plan, Ends, Any], np.ndarray]] = {
    "intradiscal_pressure": _pressure,
    "disc_load_ratio_to_standing": _ratio,
    "disc_compression": lambda row, planned, ends, _: _of(ends.compression, planned.case[row.id], row),
    "anterior_shear": lambda row, planned, ends, _: _of(ends.shear, planned.case[row.id], row),
    "muscle_activation": _activation,
    "iap_peak": _abdominal,
    "iap_mean": _abdominal,
}


def lordoses(model: Model) -> dict[str, Float[Array, ""]]:
    """Cobb angles of the standing spine [deg]; mid-planes of discs stand for the endplates beside them."""
    frames = place(model, task("standing")).frames
    sacrum = jnp.array([jnp.cos(model.sacral_endplate), jnp.sin(model.sacral_endplate), 0.0])

    def from_sacrum(level: str) -> Float[Array, ""]:
        index = LEVELS.index(level)
        disc = jax.tree.map(lambda leaf: leaf[index], model.discs)
        turn = frames.rotation[index].T @ frames.rotation[index + 1]
        plane = frames.rotation[index] @ mid_disc_frame(disc, turn)[:, 0]
        return jnp.rad2deg(jnp.arctan2(plane[1], plane[0]) - jnp.arctan2(sacrum[1], sacrum[0]))

    return {"ll_stand": from_sacrum("T12L1"), "ll_l4s1": from_sacrum("L3L4")}
