"""Calibration of stretched back muscles to the moment that a silent, bent back resists, and to nothing else.

Run it with `python -m spinesim.calibration.flexion`: it writes the numbers of `passive_fit.csv` among the
tables of `models`, which `lumbar_model` reads, and `tables/flexion_misfit.csv` here.

Dolan et al. (1994, J Biomech 27:1077) had people pull upwards in more and more flexion and read off what is
resisted where the activity of their back muscles vanishes: from 25 N m in lordosis to 120 in full flexion in
men, to 77 in women. What is there in lordosis no stretched tissue gives; the rise is what is fitted. It comes
beyond half of the range (Adams and Dolan 1991, J Biomech 24:117); that a tenth of it is there at half the
range is assumed. The women are held out.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import least_squares

from spinesim._files import replacing
from spinesim.models import tables
from spinesim.models.anatomy import Model
from spinesim.models.build import lumbar_model
from spinesim.models.build_muscles import back_stress
from spinesim.models.groups import members
from spinesim.models.posture import Posture
from spinesim.models.state import Task
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import PARTS

MISFIT = Path(__file__).with_name("tables") / "flexion_misfit.csv"
#: Full flexion of lumbar spine and pelvis from standing [deg] (Tafazzol et al. 2014: 60 and 53 in men).
LUMBAR, PELVIS = 60.0, 53.0
_STRETCHED = ("muscle", "ligament", "facet")
_Z = 5  # flexion and extension, among the components of a level's load


class Row(NamedTuple):
    """What a silent back resists about L5/S1 beyond what it does in lordosis."""

    id: str
    sex: str
    share: float  # of full flexion
    moment: float  # N m
    spread: float  # standard deviation, assumed [N m]
    use: str


ROWS = (
    Row("men_half", "male", 0.5, 9.5, 5.0, "fitted"),
    Row("men_full", "male", 1.0, 95.0, 10.0, "fitted"),
    Row("women_full", "female", 1.0, 52.0, 10.0, "held out"),
)
#: Body of each sex: mass [kg] and height [m].
PEOPLE = {"male": (75.0, 1.75), "female": (62.0, 1.63)}
Numbers = Float[np.ndarray, "2"]


def passive_moment(model: Model, share: float) -> Float[Array, ""]:
    """Moment about L5/S1 that tissue resists when no muscle works [N m], bent by `share` of full flexion."""
    silent = eqx.tree_at(lambda m: m.fascicles.cap, model, jnp.zeros_like(model.fascicles.cap))
    task = Task(Posture.sagittal((LUMBAR + PELVIS) * share, LUMBAR * share, balance=(1.0, 0.0)))
    end = solve(silent, task)
    stretched = jnp.array([part in _STRETCHED for part in PARTS])
    return stretched @ end.disc_load_part[:, 0, _Z] - end.disc_moment[0, 2]


def with_back(model: Model, numbers: Numbers) -> Model:
    """The model with other numbers of the table `passive_fit`: slack [1] and modulus [Pa] of the back."""
    muscles = model.fascicles
    back = jnp.array(members(muscles, "multifidus")) | jnp.array(members(muscles, "erector_spinae"))
    slack, modulus = numbers
    return eqx.tree_at(
        lambda m: (m.fascicles.passive_slack, m.fascicles.passive_force),
        model,
        (
            jnp.where(back, slack, muscles.passive_slack),
            jnp.where(back, muscles.pcsa * back_stress(modulus), muscles.passive_force),
        ),
    )


def answers(numbers: Numbers, rows: Iterable[Row] = ROWS) -> dict[str, float]:
    """What the model resists in every row [N m]."""
    bodies = {sex: with_back(lumbar_model(sex, *size), numbers) for sex, size in PEOPLE.items()}
    return {row.id: float(passive_moment(bodies[row.sex], row.share)) for row in rows}


def fit() -> Numbers:
    """Slack and modulus, by least squares within their ranges."""
    table, fitted = tables.load("passive_fit"), [row for row in ROWS if row.use == "fitted"]
    unit = np.array([tables.UNITS[name] for name in table.words("unit")])
    low, high, given = (unit * table.numbers(name) for name in ("low", "high", "value"))

    def misfit(scaled: Numbers) -> np.ndarray:
        found = answers(scaled * high, fitted)
        return np.array([(found[row.id] - row.moment) / row.spread for row in fitted])

    end = least_squares(misfit, given / high, bounds=(low / high, 1.0), diff_step=1e-3)
    return end.x * high


def write(numbers: Numbers) -> None:
    """Write the numbers where the model reads them, and every row's answer beside its measurement."""
    table = tables.load("passive_fit")
    for row, number in zip(table.rows, numbers, strict=True):
        row["value"] = f"{number / tables.UNITS[row['unit']]:.5g}"
    _write(tables.FOLDER / "passive_fit.csv", [table.header, *(row.values() for row in table.rows)])
    found = answers(numbers)
    rows = [
        (row.id, row.use, f"{found[row.id]:.3g}", row.moment, row.spread, "N m", "fitted") for row in ROWS
    ]
    _write(MISFIT, [("id", "use", "answer", "value", "spread", "unit", "grade"), *rows])


def _write(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write a table whole or not at all."""
    with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    write(fit())
