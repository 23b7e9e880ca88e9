"""Reading: where a chain from imbalance to tissue is read off a solved body."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._programs import kept
from spinesim._record import Record, quantity
from spinesim.models.anatomy import SIDES, Model
from spinesim.models.groups import members
from spinesim.models.mechanics import SPINE
from spinesim.models.state import Task
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status
from spinesim.solvers.stability import stability

_GROUPS = (
    "multifidus", "erector_spinae", "quadratus_lumborum", "abdominals", "transversus_abdominis", "iliopsoas",
    "gluteus_maximus", "gluteus_medius", "hamstrings",
)  # fmt: skip
#: Muscles whose recruitment is read.
MUSCLES = tuple(f"{group}_{side}" for group in _GROUPS for side in SIDES)


class Reading(Record):
    """What the links of a chain move; angles and loads in the senses of `Equilibrium`."""

    passive_hip_moment: Float[Array, "*link side"] = quantity("N m", "side")  # positive: flexes
    pelvic_tilt: Float[Array, "*link"] = quantity("rad")
    lumbar_lordosis: Float[Array, "*link"] = quantity("rad")
    pelvic_list: Float[Array, "*link"] = quantity("rad")  # positive: right side lower
    lumbar_side_bend: Float[Array, "*link"] = quantity("rad")  # positive: to the right
    disc_compression: Float[Array, "*link level"] = quantity("N", "level")
    disc_anterior_shear: Float[Array, "*link level"] = quantity("N", "level")
    disc_lateral_shear: Float[Array, "*link level"] = quantity("N", "level")
    intradiscal_pressure: Float[Array, "*link level"] = quantity("Pa", "level")
    facet_force: Float[Array, "*link level side"] = quantity("N", "level", "side")
    facet_share: Float[Array, "*link level"] = quantity("1", "level")
    muscle_activation: Float[Array, "*link muscle"] = quantity("1", "muscle")  # mean over cross-section
    stability_eigenvalue: Float[Array, "*link"] = quantity("N m/rad")


def read(model: Model, task: Task, solution: Equilibrium) -> Reading:
    """The reading of a solved body; NaN where it is not in balance."""
    margin = stability(model, task, solution).stability_eigenvalue
    return _read(model, task, solution, margin)


@kept
def _read(model: Model, task: Task, solution: Equilibrium, margin: Float[Array, ""]) -> Reading:
    held = solution.status == Status.converged
    values = Reading(
        passive_hip_moment=solution.passive_muscle_force @ solution.moment_arm[:, SPINE:, 2],
        pelvic_tilt=solution.pelvic_tilt,
        lumbar_lordosis=solution.lumbar_lordosis,
        pelvic_list=task.posture.pelvis[0],
        lumbar_side_bend=jnp.sum(task.posture.levels[:, 0]),
        disc_compression=solution.disc_compression,
        disc_anterior_shear=solution.disc_anterior_shear,
        disc_lateral_shear=solution.disc_lateral_shear,
        intradiscal_pressure=solution.intradiscal_pressure,
        facet_force=solution.facet_force,
        facet_share=solution.facet_share,
        muscle_activation=_mean_activation(model, solution),
        stability_eigenvalue=margin,
    )
    return jax.tree.map(lambda value: jnp.where(held, value, jnp.nan), values)


def _mean_activation(model: Model, solution: Equilibrium) -> Float[Array, "muscle"]:
    fascicles = model.fascicles
    which = jnp.array([members(fascicles, muscle) for muscle in MUSCLES], float)
    size = which * fascicles.pcsa
    return size @ solution.activation / jnp.sum(size, axis=1)
