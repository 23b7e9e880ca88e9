"""Pressure measured inside a lumbar disc, and how the model's answers compare with it.

Wilke et al. (1999, Spine 24:755; 2001, Clin Biomech 16 Suppl 1:S111) kept a transducer in the L4-L5
nucleus of one man of 70 kg through postures and tasks of daily life. Nothing in spinesim is fitted to
those rows but the swelling pressure of an unloaded disc, which is theirs when lying.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from spinesim.models import tables
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.disc import intradiscal_pressure
from spinesim.models.groups import GROUPS, UNIONS, members
from spinesim.models.state import Task
from spinesim.scenarios.tasks import task
from spinesim.validation.people import settled, solved, stacked, taken

TABLE = Path(__file__).with_name("tables") / "wilke.csv"
LEVEL = "L4L5"
#: Range of k in compression = k x area x pressure (Dreischarf et al. 2013, Med Eng Phys 35:1385).
PRESSURE_FACTORS = (0.77, 0.55)
WORDS = ("label", "kind", "confidence", "source")
NUMBERS = ("pressure", "low", "high", "accept_low", "accept_high")


def measured() -> xr.Dataset:
    """The measured rows [Pa] by `posture`, each with the task that stands for it."""
    table = tables.read(TABLE)
    words = {name: ("posture", list(table.words(name))) for name in WORDS}
    numbers = {
        f"measured_{name}": ("posture", table.numbers(f"{name}_MPa"), {"units": "Pa"}) for name in NUMBERS
    }
    words["row_id"] = ("posture", list(table.names("id")))
    return xr.Dataset(words | numbers, {"posture": list(table.names("task"))})


def measured_tasks(model: Model, settle: bool = True) -> Task:
    """The measured postures as stacked tasks.

    The upright ones are settled (`predict_posture`): nobody told the man how to turn his pelvis and every
    level. Without `settle` all are held as the tasks draw them.
    """
    rows = measured()
    tasks = stacked([task(name) for name in rows.posture.values])
    if settle:
        upright = np.flatnonzero(rows.kind == "upright")
        found = settled(model, taken(tasks, upright))
        tasks = jax.tree.map(lambda leaf, new: leaf.at[upright].set(new), tasks, found)
    return tasks


def solve_measured(model: Model, settle: bool = True) -> xr.Dataset:
    """Equilibrium of every measured posture, upright ones settled or as drawn, beside the measurement."""
    return beside_measured(model, measured_tasks(model, settle))


def beside_measured(model: Model, tasks: Task) -> xr.Dataset:
    """Equilibrium of the tasks that stand for the measured postures, beside the measurement."""
    rows = measured()
    ends = solved(stacked([model] * rows.posture.size), tasks)
    answers = ends.to_dataset(model, batch=("posture",)).assign_coords(posture=rows.posture)
    return compare(xr.merge([answers, rows], combine_attrs="override").assign(_beside(model, answers)))


def _beside(model: Model, answers: xr.Dataset) -> dict[str, xr.DataArray]:
    """What the report needs of the model itself: pressures for either end of k, pull of the groups."""
    disc = jax.tree.map(lambda leaf: leaf[LEVELS.index(LEVEL)], model.discs)
    compression = answers.disc_compression.sel(level=LEVEL)

    def pressure(factor: float) -> xr.DataArray:
        other = replace(disc, pressure_factor=jnp.asarray(factor))
        each = jax.vmap(lambda load: intradiscal_pressure(other, load))(jnp.asarray(compression.values))
        return compression.copy(data=np.asarray(each))

    low, high = map(pressure, PRESSURE_FACTORS)
    names = [name for name in GROUPS if name not in UNIONS]
    which = np.array([members(model.fascicles, name) for name in names], float)
    crossing = np.any(answers.moment_arm.sel(joint=LEVEL) != 0, axis=-1)
    contracting = (answers.muscle_force - answers.passive_muscle_force) * crossing
    pull = xr.DataArray(
        contracting.values @ which.T, {"posture": answers.posture, "muscle": names}, ("posture", "muscle"),
        attrs={"units": "N", "long_name": f"active force of the fascicles that cross {LEVEL}"},
    )  # fmt: skip
    return {"pressure_low": low, "pressure_high": high, "muscle_pull": pull}


def compare(ds: xr.Dataset, standing: str = "standing") -> xr.Dataset:
    """Add the pressure at the measured level, its ratio to standing and whether it lies in the band.

    A posture that did not converge has no pressure: NaN, so that nothing averages it in.
    """
    pressure = ds.intradiscal_pressure.sel(level=LEVEL, drop=True).where(ds.status == "converged")
    return _compared(ds, pressure, standing)


def with_answers(ds: xr.Dataset, answers: Mapping[str, float]) -> xr.Dataset:
    """The comparison with the pressures [MPa] of some rows of the scoreboard in the place of its own."""
    own = zip(map(str, ds.row_id.values), ds.pressure.values, strict=True)
    pressure = [1e6 * answers[row] if row in answers else value for row, value in own]
    return _compared(ds, ds.pressure.copy(data=np.array(pressure)), "standing")


def _compared(ds: xr.Dataset, pressure: xr.DataArray, standing: str) -> xr.Dataset:
    goal = ds.measured_pressure
    return ds.assign(
        pressure=pressure.assign_attrs(units="Pa"),
        error=(pressure - goal).assign_attrs(units="Pa"),
        ratio=(pressure / pressure.sel(posture=standing, drop=True)).assign_attrs(units="1"),
        measured_ratio=(goal / goal.sel(posture=standing, drop=True)).assign_attrs(units="1"),
        in_band=(pressure >= ds.measured_accept_low) & (pressure <= ds.measured_accept_high),
    )


def agreement(ds: xr.Dataset) -> xr.Dataset:
    """Root mean square error, slope, correlation and share in the band, by kind of posture.

    Kinds: "all", and every one of `ds.kind`. Absolute pressures in Pa, ratios to standing without the
    row of standing itself, which is 1 by definition. The slope is that of model on measurement.
    """
    kinds = ["all", *dict.fromkeys(ds.kind.values.tolist())]
    parts = [ds if kind == "all" else ds.sel(posture=ds.kind == kind) for kind in kinds]
    return xr.concat([_scores(part) for part in parts], xr.IndexVariable("kind", kinds))


def _scores(ds: xr.Dataset) -> xr.Dataset:
    kept = ds.sel(posture=ds.pressure.notnull())
    moved = kept.sel(posture=kept.posture != "standing")
    return xr.Dataset(
        {
            "count": kept.posture.size,
            "left_out": ds.posture.size - kept.posture.size,
            "in_band": kept.in_band.sum(),
            **_fit("", kept.measured_pressure, kept.pressure),
            **_fit("ratio_", moved.measured_ratio, moved.ratio),
        }
    )


def _fit(prefix: str, goal: xr.DataArray, model: xr.DataArray) -> dict[str, float]:
    """Scores of `model` against `goal`; slope and correlation need three points."""
    x, y = goal.values, model.values
    rmse = float(np.sqrt(np.mean((y - x) ** 2))) if x.size else np.nan
    enough = x.size > 2 and np.ptp(x) > 0
    slope = float(np.polyfit(x, y, 1)[0]) if enough else np.nan
    correlation = float(np.corrcoef(x, y)[0, 1]) if enough else np.nan
    return {f"{prefix}rmse": rmse, f"{prefix}slope": slope, f"{prefix}correlation": correlation}
