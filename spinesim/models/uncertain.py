"""What is not known of a body and its task: what each row of the table `uncertain` changes."""

from collections.abc import Callable, Mapping
from math import pi
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float

from spinesim.models.anatomy import Model
from spinesim.models.rhythm import FLEXION
from spinesim.models.state import Task

Case = tuple[Model, Task]
Amount = Float[Array, ""]
Change = Callable[[Case, Amount], Case]


def _scaled(*where: Callable[[Case], Any]) -> Change:
    """A change that multiplies what each of `where` finds."""
    return lambda case, factor: eqx.tree_at(
        lambda both: [find(both) for find in where], case, [factor * find(case) for find in where]
    )


def _turned(case: Case, pelvis: Amount | float, lumbar: Amount | float) -> Case:
    """Pelvis and lumbar spine of the posture extended by angles [degrees]."""
    return eqx.tree_at(
        lambda both: (both[1].posture.pelvis, both[1].posture.levels),
        case,
        (
            case[1].posture.pelvis.at[2].add(pelvis * pi / 180),
            case[1].posture.levels.at[:, 2].add(lumbar * pi / 180 * FLEXION),
        ),
    )


#: What each row of the table does to a case; its rows of the kind `allowance` belong to posture prediction.
CHANGES: dict[str, Change] = {
    "strength": _scaled(lambda case: case[0].fascicles.max_force),
    "passive_muscle": _scaled(lambda case: case[0].fascicles.passive_force),
    "passive_fibre_strain": _scaled(lambda case: case[0].fascicles.passive_strain),
    "body_mass": _scaled(lambda case: case[0].bodies.mass),
    "disc_stiffness": _scaled(
        lambda case: case[0].discs.axial_stiffness,
        lambda case: case[0].discs.axial_stiffness_loaded,
        lambda case: case[0].discs.shear_stiffness,
        lambda case: case[0].discs.rotation_stiffness,
        lambda case: case[0].discs.coupling,
    ),
    "ligament_stiffness": _scaled(lambda case: case[0].ligaments.stiffness),
    "facet_gap": _scaled(lambda case: case[0].facets.gap),
    "abdominal_pressure": _scaled(lambda case: case[0].abdomen.gain),
    "load": _scaled(lambda case: case[1].loads.hand_mass, lambda case: case[1].loads.carried_mass),
    "trunk_inclination_deg": lambda case, angle: _turned(case, -angle, 0.0),
    "lumbar_flexion_deg": lambda case, angle: _turned(case, angle, -angle),
}


def varied(case: Case, amounts: Mapping[str, Amount]) -> Case:
    """The case with every named parameter at its amount."""
    for name, amount in amounts.items():
        case = CHANGES[name](case, amount)
    return case
