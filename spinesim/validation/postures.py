"""Loads, pressures and activity of people in postures: rows of categories 1, 5, 6 and 7.

What a row asks is worked out in `questions`; here it is read off the solved cases.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.disc import intradiscal_pressure, mid_disc_frame
from spinesim.models.groups import REPORTED, group_weights
from spinesim.models.loads import CAUSES
from spinesim.scenarios.tasks import task
from spinesim.solvers.outcome import PARTS, Equilibrium
from spinesim.solvers.solution import Status
from spinesim.validation.people import frames_of, person
from spinesim.validation.questions import MUSCLES, Plan
from spinesim.validation.targets import Target


class Ends(NamedTuple):
    """What is read of solved postures, along a leading axis of cases, or of draws and cases."""

    compression: Any  # (*draw, case, level)
    shear: Any  # (*draw, case, level)
    activation: Any  # (*draw, case, group)
    passive: Any  # (*draw, case, level) share of the flexing moment of weight and loads
    abdominal: Any  # (*draw, case)
    held: Any  # (*draw, case) whether the solve converged


def kept(solution: Equilibrium) -> Ends:
    """The part of a batch of equilibria that rows are read from."""
    return Ends(
        solution.disc_compression, solution.disc_anterior_shear, solution.group_activation,
        passive_share(solution), solution.intra_abdominal_pressure, solution.status == Status.converged,
    )  # fmt: skip


def passive_share(solution: Equilibrium) -> Float[Array, "*case level"]:
    """Share of the sagittal moment of weight and loads at every level that no contraction balances."""
    part = dict(zip(PARTS, jnp.moveaxis(solution.disc_load_part[..., 5], -2, 0), strict=True))
    given = sum((part[name] for name in CAUSES), start=part["support"])
    arm = solution.moment_arm[..., : len(LEVELS), 2]
    pulled = jnp.sum(solution.muscle_force[..., None] * arm, axis=-2)
    stretched = jnp.sum(solution.passive_muscle_force[..., None] * arm, axis=-2)
    return 1 + part["muscle"] * (1 - stretched / pulled) / given


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
    loads = jnp.asarray(compression / resistance)
    each = jax.vmap(lambda load: intradiscal_pressure(disc, load))(loads.ravel())
    return np.asarray(each).reshape(loads.shape) / 1e6


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
    "passive_share_of_net_moment_max": lambda row, planned, ends, _: (
        100 * _of(ends.passive, planned.case[row.id], row)
    ),
    "iap_peak": _abdominal,
    "iap_mean": _abdominal,
}


def lordoses(model: Model) -> dict[str, Float[Array, ""]]:
    """Cobb angles of the standing spine [deg]; mid-planes of discs stand for the endplates beside them."""
    frames = frames_of(model, task("standing"))
    sacrum = jnp.array([jnp.cos(model.sacral_endplate), jnp.sin(model.sacral_endplate), 0.0])

    def from_sacrum(level: str) -> Float[Array, ""]:
        index = LEVELS.index(level)
        disc = jax.tree.map(lambda leaf: leaf[index], model.discs)
        turn = frames.rotation[index].T @ frames.rotation[index + 1]
        plane = frames.rotation[index] @ mid_disc_frame(disc, turn)[:, 0]
        return jnp.rad2deg(jnp.arctan2(plane[1], plane[0]) - jnp.arctan2(sacrum[1], sacrum[0]))

    return {"ll_stand": from_sacrum("T12L1"), "ll_l4s1": from_sacrum("L3L4")}
