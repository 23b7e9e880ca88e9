"""Columns on the bench beyond the fixed experiments of `segments`: curves, and rows of any moment and load.

A row of the table that names a moment and a follower load (`M=7.5Nm;FL=500N`), or an axial load, is answered
in the column L1-S1 whatever its numbers, so a table with other load cases is answered as well.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._jax import QUICK_COMPILE
from spinesim._names import choose
from spinesim._programs import kept
from spinesim.models.anatomy import Model
from spinesim.solvers.column import BenchLoad, Column, bench_load, column
from spinesim.solvers.column_rest import Followed, along_path
from spinesim.solvers.solution import Status
from spinesim.validation.people import stacked
from spinesim.validation.segments import DIRECTIONS, LUMBAR, gained, whole
from spinesim.validation.targets import Target

#: Moments of the curves [N m].
MOMENTS = (1.0, 2.5, 5.0, 7.5, 10.0)
#: Ways that a posture of the bench turns a column, those that are told together added up.
WAYS = {
    "flexion": ("fle",), "extension": ("ext",), "flexion_plus_extension": ("fle", "ext"),
    "lateral_bend": ("lat",), "lateral_bend_one_side": ("lat",), "lateral_bend_both_sides": ("lat", "lat"),
    "axial_rotation": ("axi",), "axial_rotation_one_side": ("axi",),
    "axial_rotation_both_sides": ("axi", "axi"), "in_vitro_neutral": ("ext",),
}  # fmt: skip
ROTATIONS = ("segment_rotation", "L1L5_rotation")
QUANTITIES = (*ROTATIONS, "intradiscal_pressure", "facet_contact_force_per_loaded_joint")
#: Flexion of the elastic limit [deg], the middle of 10 to 13, and the compression under it [N] (Adams 1991).
ELASTIC_LIMIT, ON_TOP = 11.5, 500.0
#: Moments [N m] among which that of the elastic limit is sought.
ELASTIC = (20.0, 35.0, 50.0, 65.0, 80.0)
_LOAD = re.compile(r"(M|FL|axial)=([0-9.]+)(?:Nm|N)")


class Load(NamedTuple):
    """A moment [N m] in a direction on top of a follower load [N]."""

    towards: str
    moment: float
    follower: float


LADDER = tuple(Load("fle", moment, ON_TOP) for moment in ELASTIC)


class Curves(NamedTuple):
    """Curves of the column by direction and moment, under pure moments."""

    rotation: Float[np.ndarray, "direction moment level"]  # deg
    whole: Float[np.ndarray, "direction moment"]  # L1 against L5, deg
    facet_force: Float[np.ndarray, "direction moment level side"]  # N


def loads_of(row: Target) -> tuple[Load, ...]:
    """Loads that a row asks for; none if it is no row of this bench."""
    parts = row.external_load.split(";")
    given = [_LOAD.fullmatch(part) for part in parts]
    known = row.quantity in QUANTITIES and row.posture in WAYS and row.level in (*LUMBAR, "L1L5")
    if not known or not all(given):
        return ()
    size = {match[1]: float(match[2]) for match in given if match}
    follower = size.get("FL", 0.0) + size.get("axial", 0.0)
    return tuple(Load(way, size.get("M", 0.0), follower) for way in WAYS[row.posture])


def refusal(row: Target) -> str:
    """Why a row that names a load of this bench cannot be asked; empty if there is no reason."""
    if row.quantity not in QUANTITIES or not row.external_load:
        return ""
    known = all(_LOAD.fullmatch(part) for part in row.external_load.split(";"))
    if not known:
        return f"load {row.external_load!r} must read like 'M=7.5Nm;FL=500N' or 'axial=500N'"
    try:
        choose("posture of the bench", row.posture, WAYS)
        choose("level of the bench", row.level, (*LUMBAR, "L1L5"))
    except ValueError as error:
        return str(error)
    return ""


def column_tests(model: Model, rows: Sequence[Target]) -> tuple[dict[str, float], Curves]:
    """Answers of the rows that ask for a moment and a follower load, and the curves, in one batch."""
    curve = [Load(way, moment, 0.0) for way in DIRECTIONS for moment in MOMENTS]
    asked = {row.id: loads_of(row) for row in rows}
    cases = list(dict.fromkeys([*curve, *LADDER, *(load for loads in asked.values() for load in loads)]))
    spine = column(model)
    ends = _followed(spine, stacked([_bench(spine, load) for load in cases]))
    each = {load: jax.tree.map(lambda leaf, i=i: leaf[i], ends) for i, load in enumerate(cases)}
    found = {
        row.id: _answer(row, [(load, each[load]) for load in asked[row.id]]) for row in rows if asked[row.id]
    }
    return found | {"tol_bend": _elastic_limit(each)}, _curves(each)


@partial(kept, compiler_options=QUICK_COMPILE)
def _followed(spine: Column, loads: BenchLoad) -> Followed:
    """The column under stacked loads."""
    return jax.vmap(along_path, in_axes=(None, 0))(spine, loads)


def _bench(spine: Column, load: Load) -> BenchLoad:
    moment = load.moment * jnp.array(DIRECTIONS[load.towards], float)
    return bench_load(spine, moment=moment, follower=load.follower)


def _answer(row: Target, ends: Sequence[tuple[Load, Followed]]) -> float:
    """Rotation [deg], counted from the column settled by its follower load; pressure [MPa]; force [N].

    NaN where the column does not come to rest under the load.
    """
    if any(bool(end.loaded.status != Status.converged) for _, end in ends):
        return float("nan")
    if row.quantity in ROTATIONS:
        turned = [_turned(row.level, load, end._replace(rest=end.alone)) for load, end in ends]
        return float(sum(turned))
    at = LUMBAR.index(row.level)
    if row.quantity == "intradiscal_pressure":
        return float(ends[0][1].loaded.intradiscal_pressure[at]) / 1e6
    return float(jnp.max(ends[0][1].loaded.facet_force[at]))


def _turned(level: str, load: Load, end: Followed) -> Float[Array, ""]:
    return whole(end, load.towards) if level == "L1L5" else gained(end, load.towards)[LUMBAR.index(level)]


def _curves(each: dict[Load, Followed]) -> Curves:
    grid = [[each[Load(way, moment, 0.0)] for moment in MOMENTS] for way in DIRECTIONS]
    return Curves(
        np.array([[gained(end, way) for end in ends] for way, ends in zip(DIRECTIONS, grid, strict=True)]),
        np.array([[whole(end, way) for end in ends] for way, ends in zip(DIRECTIONS, grid, strict=True)]),
        np.array([[end.loaded.facet_force for end in ends] for ends in grid]),
    )


def _elastic_limit(each: dict[Load, Followed]) -> float:
    """Moment that flexes L4-L5 to its elastic limit [N m]; infinite where none of the ladder does."""
    turned = np.array([_turned("L4L5", load, each[load]) for load in LADDER])
    moment = np.array([load.moment for load in LADDER])
    return float(np.interp(ELASTIC_LIMIT, turned, moment, left=np.nan, right=np.inf))
