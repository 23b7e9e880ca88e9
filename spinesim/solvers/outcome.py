"""What a solved balance means: loads of discs and facets, working muscles, reactions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._provenance import provenance
from spinesim._record import Record, entry, is_concrete, quantity, to_dataset
from spinesim.models.abdomen import pressure_gain
from spinesim.models.alignment import alignment
from spinesim.models.anatomy import LIGAMENTS, Model
from spinesim.models.disc import intradiscal_pressure, mid_disc_frame
from spinesim.models.facet import facet_forces
from spinesim.models.groups import group_weights
from spinesim.models.labels import FIXED, labels
from spinesim.models.ligament import strand_tension
from spinesim.models.loads import CAUSES
from spinesim.models.mechanics import (
    N_JOINTS,
    SPINE,
    TISSUES,
    Columns,
    contact_wrenches,
    resultants,
    tissue_wrenches,
)
from spinesim.models.muscle import short_range_stiffness
from spinesim.solvers import balance
from spinesim.solvers.balance import N_MOMENT, Problem, Unknowns
from spinesim.solvers.solution import Stats, Status

if TYPE_CHECKING:
    from xarray import Dataset

#: What a disc load is the sum of.
PARTS = (*CAUSES, "support", "muscle", "ligament", "facet", "abdominal", "reserve")


class Equilibrium(Record):
    """A solved case; disc loads are what the disc carries: force on the upper body, mid-disc axes.

    Compression presses the upper body down, anterior shear pushes it forward, lateral shear to the right;
    each is the sum over PARTS in `disc_load_part` (force x, y, z, then moment x, y, z).
    """

    disc_compression: Float[Array, "level"] = quantity("N", "level")
    disc_anterior_shear: Float[Array, "level"] = quantity("N", "level")
    disc_lateral_shear: Float[Array, "level"] = quantity("N", "level")
    disc_moment: Float[Array, "level 3"] = quantity("N m", "level", "axis")
    disc_load_part: Float[Array, "part level 6"] = quantity("N, N m", "part", "level", "component")
    disc_translation: Float[Array, "level 3"] = quantity("m", "level", "axis")
    intradiscal_pressure: Float[Array, "level"] = quantity("Pa", "level")
    facet_force: Float[Array, "level side"] = quantity("N", "level", "side")
    facet_share: Float[Array, "level"] = quantity("1", "level")
    facet_shear_share: Float[Array, "level"] = quantity("1", "level")
    ligament_force: Float[Array, "ligament level"] = quantity("N", "ligament", "level")
    activation: Float[Array, "fascicle"] = quantity("1", "fascicle")
    muscle_force: Float[Array, "fascicle"] = quantity("N", "fascicle")
    passive_muscle_force: Float[Array, "fascicle"] = quantity("N", "fascicle")
    fascicle_length: Float[Array, "fascicle"] = quantity("m", "fascicle")
    fascicle_stiffness: Float[Array, "fascicle"] = quantity("N/m", "fascicle")
    moment_arm: Float[Array, "fascicle joint 3"] = quantity("m", "fascicle", "joint", "axis")
    group_force: Float[Array, "group"] = quantity("N", "group")
    group_activation: Float[Array, "group"] = quantity("1", "group")
    support_force: Float[Array, "support 3"] = quantity("N", "support", "axis")
    reserve_moment: Float[Array, "joint 3"] = quantity("N m", "joint", "axis")
    reserve_whole: Float[Array, "6"] = quantity("N, N m", "component")
    intra_abdominal_pressure: Float[Array, ""] = quantity("Pa")
    pelvic_incidence: Float[Array, ""] = quantity("rad")
    pelvic_tilt: Float[Array, ""] = quantity("rad")
    sacral_slope: Float[Array, ""] = quantity("rad")
    lumbar_lordosis: Float[Array, ""] = quantity("rad")
    multipliers: Float[Array, "row"] = quantity("1", "row")
    residual_force: Float[Array, ""] = quantity("N")
    residual_moment: Float[Array, ""] = quantity("N m")
    steps: Int[Array, ""] = quantity("1")
    inner_steps: Int[Array, ""] = quantity("1")
    status: Status = entry(Status)

    def to_dataset(self, model: Model, batch: Sequence[str] = ()) -> "Dataset":
        """Everything here as an xarray dataset with names along its axes, units and provenance.

        Args:
            model: the body that was solved, or the batch of bodies.
            batch: names of the leading axes of a batch, as in `("case",)`.
        """
        names = labels(model) | {"part": PARTS}
        return to_dataset(self, names, batch, **provenance(model, self))

    def __repr__(self) -> str:
        from spinesim.results.summary import text  # results lean on datasets, not on solvers

        return text(self._described()) if is_concrete(self) else super().__repr__()

    def _repr_html_(self) -> str | None:
        from spinesim.results.summary import html

        return html(self._described()) if is_concrete(self) else None

    def _described(self) -> "Dataset":
        """The dataset of a result whose model is not at hand: fascicles go without names."""
        batch = tuple(f"batch_{axis}" for axis in range(self.residual_force.ndim))
        return to_dataset(self, FIXED | {"part": PARTS}, batch)


def outcome(case: Problem, unknowns: Unknowns, status: Status, stats: Stats) -> Equilibrium:
    """Everything a solved case has to say."""
    model, placement = case.model, case.placement
    translation, multipliers = balance.unpack(unknowns)
    posed = balance.pose(case, translation)
    column, strength = posed.column, posed.strength
    activation = balance.recruit(case, posed, multipliers).activation
    contact = balance.support_reactions(case, posed, multipliers)
    spare, _ = balance.reserve(multipliers)
    tissue = tissue_wrenches(model, placement, translation)
    force = activation * strength.active + strength.passive
    pressure = pressure_gain(model) @ activation

    pushed = [contact_wrenches(model, placement, contact.force)]
    given = zip(placement.wrenches.force, placement.wrenches.moment, strict=True)
    causes = [resultants(placement, translation, *wrench) for wrench in (*given, *pushed)]
    muscle, abdominal = _pull(column, jnp.append(force, pressure))
    missing = spare[:N_MOMENT].reshape(N_JOINTS, 3)
    parts = [
        *(_level_wrench(rows.force, rows.moment) for rows in causes),
        muscle, tissue[:, TISSUES.index("ligament")], tissue[:, TISSUES.index("facet")], abdominal,
        _level_wrench(jnp.zeros((SPINE, 3)), missing),
    ]  # fmt: skip
    lower = placement.frames.rotation[:SPINE]
    axes = lower @ jax.vmap(mid_disc_frame)(model.discs, placement.level_rotation)
    seen = [_in_axes(axes, part) for part in parts]
    load = sum(seen[1:], start=seen[0])
    facet = seen[PARTS.index("facet")]
    local = jnp.einsum("jba,jb->ja", lower, translation)
    posed = (placement.level_rotation, local)
    strands = jax.vmap(strand_tension)(model.ligaments, *posed)
    which = np.array([[own == name for own in model.ligaments.ligament] for name in LIGAMENTS], float)
    weights = jnp.asarray(group_weights(model.fascicles))
    mean = weights * model.fascicles.pcsa
    angles = alignment(model, placement.frames)
    compression = -load[:, 1]
    return Equilibrium(
        disc_compression=compression,
        disc_anterior_shear=load[:, 0],
        disc_lateral_shear=load[:, 2],
        disc_moment=load[:, 3:],
        disc_load_part=jnp.stack(seen),
        disc_translation=local,
        intradiscal_pressure=jax.vmap(intradiscal_pressure)(model.discs, compression),
        facet_force=jax.vmap(facet_forces)(model.facets, *posed),
        facet_share=_share(facet[:, 1], compression),
        facet_shear_share=_share(-facet[:, 0], load[:, 0]),
        ligament_force=jnp.asarray(which) @ strands.T,
        activation=activation,
        muscle_force=force,
        passive_muscle_force=strength.passive,
        fascicle_length=column.length[:-1],
        fascicle_stiffness=short_range_stiffness(model.fascicles, force, column.length[:-1]),
        moment_arm=column.moment[:-1],
        group_force=weights @ force,
        group_activation=(mean @ activation) / jnp.sum(mean, axis=1),
        support_force=contact.force @ placement.frames.world,
        reserve_moment=missing,
        reserve_whole=spare[N_MOMENT:],
        intra_abdominal_pressure=pressure,
        pelvic_incidence=angles.pelvic_incidence,
        pelvic_tilt=angles.pelvic_tilt,
        sacral_slope=angles.sacral_slope,
        lumbar_lordosis=angles.lumbar_lordosis,
        multipliers=unknowns,
        residual_force=stats.residual_force,
        residual_moment=stats.residual_moment,
        steps=stats.steps,
        inner_steps=stats.inner_steps,
        status=status,
    )


def _pull(
    column: Columns, tension: Float[Array, "owner"]
) -> tuple[Float[Array, "level 6"], Float[Array, "level 6"]]:
    """Level wrenches of the muscles and of the abdominal pressure."""
    rows = jnp.concatenate([column.force, column.moment[:, :SPINE]], axis=2)
    each = tension[:, None, None] * rows
    return jnp.sum(each[:-1], axis=0), each[-1]


def _level_wrench(force: Float[Array, "level 3"], moment: Float[Array, "joint 3"]) -> Float[Array, "level 6"]:
    return jnp.concatenate([force, moment[:SPINE]], axis=1)


def _in_axes(axes: Float[Array, "level 3 3"], wrench: Float[Array, "level 6"]) -> Float[Array, "level 6"]:
    return jnp.einsum("jba,jkb->jka", axes, wrench.reshape(-1, 2, 3)).reshape(-1, 6)


def _share(facet: Float[Array, "level"], disc: Float[Array, "level"]) -> Float[Array, "level"]:
    """Share of facet and disc together that the facets take; 0 where the two cancel."""
    total = facet + disc
    empty = jnp.abs(total) < 1e-9
    return jnp.where(empty, 0.0, facet / jnp.where(empty, 1.0, total))
