"""What a solved balance means: loads of discs and facets, working muscles, reactions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._provenance import provenance
from spinesim._record import entry, quantity, to_dataset
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
    contact_wrenches,
    resultants,
    tissue_wrenches,
)
from spinesim.models.muscle import short_range_stiffness
from spinesim.solvers import balance
from spinesim.solvers.balance import N_MOMENT, Posed, Problem, Unknowns
from spinesim.solvers.solution import Shown, Stats, Status

if TYPE_CHECKING:
    from xarray import Dataset

#: What a disc load is the sum of.
PARTS = (*CAUSES, "support", "muscle", "ligament", "facet", "abdominal", "reserve")


class Equilibrium(Shown):
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

    def described(self) -> "Dataset":
        batch = tuple(f"batch_{axis}" for axis in range(self.residual_force.ndim))
        return to_dataset(self, FIXED | {"part": PARTS}, batch)


class _Balanced(NamedTuple):
    """A solved case and what acts in it."""

    case: Problem
    posed: Posed
    activation: Float[Array, "fascicle"]
    tension: Float[Array, "fascicle"]
    pressure: Float[Array, ""]
    contact: Float[Array, "contact 3"]
    spare: Float[Array, "multiplier"]
    seen: dict[str, Float[Array, "level 6"]]  # load of the discs by PARTS, mid-disc axes


Quantities = dict[str, Array]


def outcome(case: Problem, unknowns: Unknowns, status: Status, stats: Stats) -> Equilibrium:
    """Everything a solved case has to say."""
    end = _balanced(case, unknowns)
    return Equilibrium(
        **_discs(end),
        **_facets(end),
        **_muscles(end),
        **_supports(end),
        **_angles(end),
        multipliers=unknowns,
        residual_force=stats.residual_force,
        residual_moment=stats.residual_moment,
        steps=stats.steps,
        inner_steps=stats.inner_steps,
        status=status,
    )


def _balanced(case: Problem, unknowns: Unknowns) -> _Balanced:
    translation, multipliers = balance.unpack(unknowns)
    posed = balance.pose(case, translation)
    activation = balance.recruit(case, posed, multipliers).activation
    tension = activation * posed.strength.active + posed.strength.passive
    pressure = pressure_gain(case.model) @ activation
    contact = balance.support_reactions(case, posed, multipliers).force
    spare, _ = balance.reserve(multipliers)
    causes = _causes(case, posed, contact)
    pulled = dict(zip(("muscle", "abdominal"), _pull(posed, tension, pressure), strict=True))
    tissue, _ = tissue_wrenches(case.tissues, case.placement, translation)
    passive = {name: tissue[:, TISSUES.index(name)] for name in ("ligament", "facet")}
    reserve = {"reserve": _level_wrench(jnp.zeros((SPINE, 3)), _missing(spare))}
    acting = causes | pulled | passive | reserve
    axes = _lower(case) @ jax.vmap(mid_disc_frame)(case.model.discs, case.placement.level_rotation)
    seen = {name: _in_axes(axes, acting[name]) for name in PARTS}
    return _Balanced(case, posed, activation, tension, pressure, contact, spare, seen)


def _causes(case: Problem, posed: Posed, contact: Float[Array, "contact 3"]) -> Quantities:
    """Level wrenches of what pulls and pushes from outside."""
    given = case.placement.wrenches
    pushed = contact_wrenches(case.model, case.placement, contact)
    wrenches = [*zip(given.force, given.moment, strict=True), pushed]
    rows = [resultants(case.placement, posed.translation, *wrench) for wrench in wrenches]
    return {
        name: _level_wrench(each.force, each.moment)
        for name, each in zip((*CAUSES, "support"), rows, strict=True)
    }


def _pull(
    posed: Posed, tension: Float[Array, "fascicle"], pressure: Float[Array, ""]
) -> tuple[Float[Array, "level 6"], Float[Array, "level 6"]]:
    """Level wrenches of the muscles and of the abdominal pressure."""
    muscle = (posed.column.rows[:, :-1] @ tension).reshape(-1, 3)
    pressed = (posed.pressed * pressure).reshape(-1, 3)
    return _level_wrench(muscle[:SPINE], muscle[SPINE:]), _level_wrench(pressed[:SPINE], pressed[SPINE:])


def _lower(case: Problem) -> Float[Array, "level 3 3"]:
    return case.placement.frames.rotation[:SPINE]


def _local(end: _Balanced) -> tuple[Float[Array, "level 3 3"], Float[Array, "level 3"]]:
    """How the upper body of every level is turned and displaced in the axes of the lower one."""
    turned = end.case.placement.level_rotation
    return turned, jnp.einsum("jba,jb->ja", _lower(end.case), end.posed.translation)


def _load(end: _Balanced) -> Float[Array, "level 6"]:
    first, *others = end.seen.values()
    return sum(others, start=first)


def _discs(end: _Balanced) -> Quantities:
    load = _load(end)
    compression = -load[:, 1]
    return {
        "disc_compression": compression,
        "disc_anterior_shear": load[:, 0],
        "disc_lateral_shear": load[:, 2],
        "disc_moment": load[:, 3:],
        "disc_load_part": jnp.stack(list(end.seen.values())),
        "disc_translation": _local(end)[1],
        "intradiscal_pressure": jax.vmap(intradiscal_pressure)(end.case.model.discs, compression),
    }


def _facets(end: _Balanced) -> Quantities:
    """Facets and ligaments."""
    model, load, facet = end.case.model, _load(end), end.seen["facet"]
    strands = jax.vmap(strand_tension)(model.ligaments, *_local(end))
    which = np.array([[own == name for own in model.ligaments.ligament] for name in LIGAMENTS], float)
    return {
        "facet_force": jax.vmap(facet_forces)(model.facets, *_local(end)),
        "facet_share": _share(facet[:, 1], -load[:, 1]),
        "facet_shear_share": _share(-facet[:, 0], load[:, 0]),
        "ligament_force": jnp.asarray(which) @ strands.T,
    }


def _muscles(end: _Balanced) -> Quantities:
    fascicles, column = end.case.model.fascicles, end.posed.column
    length, weights = column.length[:-1], jnp.asarray(group_weights(fascicles))
    mean = weights * fascicles.pcsa
    return {
        "activation": end.activation,
        "muscle_force": end.tension,
        "passive_muscle_force": end.posed.strength.passive,
        "fascicle_length": length,
        "fascicle_stiffness": short_range_stiffness(fascicles, end.tension, length),
        "moment_arm": column.moment[:-1],
        "group_force": weights @ end.tension,
        "group_activation": (mean @ end.activation) / jnp.sum(mean, axis=1),
        "intra_abdominal_pressure": end.pressure,
    }


def _supports(end: _Balanced) -> Quantities:
    """What the world holds, and what nobody does."""
    return {
        "support_force": end.contact @ end.case.placement.frames.world,
        "reserve_moment": _missing(end.spare),
        "reserve_whole": end.spare[N_MOMENT:],
    }


def _missing(spare: Float[Array, "multiplier"]) -> Float[Array, "joint 3"]:
    return spare[:N_MOMENT].reshape(N_JOINTS, 3)


def _angles(end: _Balanced) -> Quantities:
    return vars(alignment(end.case.model, end.case.placement.frames))


def _level_wrench(force: Float[Array, "level 3"], moment: Float[Array, "joint 3"]) -> Float[Array, "level 6"]:
    return jnp.concatenate([force, moment[:SPINE]], axis=1)


def _in_axes(axes: Float[Array, "level 3 3"], wrench: Float[Array, "level 6"]) -> Float[Array, "level 6"]:
    return jnp.einsum("jba,jkb->jka", axes, wrench.reshape(-1, 2, 3)).reshape(-1, 6)


def _share(facet: Float[Array, "level"], disc: Float[Array, "level"]) -> Float[Array, "level"]:
    """Share of facet and disc together that the facets take; 0 where the two cancel."""
    total = facet + disc
    empty = jnp.abs(total) < 1e-9
    return jnp.where(empty, 0.0, facet / jnp.where(empty, 1.0, total))
