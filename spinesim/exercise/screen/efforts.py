"""Tests that are one solve of the engine: active leg raise, stance on one leg, flexion-relaxation."""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from spinesim._record import words
from spinesim.exercise.library import exercise
from spinesim.exercise.pose import resting
from spinesim.models.anatomy import SIDES, Fascicles, Model
from spinesim.models.groups import members
from spinesim.models.posture import Posture
from spinesim.models.state import Task
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status

#: A straight leg lifted 20 cm lying on the back (Mens et al. 1999): the angle at the hip [deg].
LIFTED = 13.0
#: Trunk flexion on the way and at the end of bending [deg]; at the end the pelvis has followed.
ON_THE_WAY, AT_THE_END = (45.0, 70.0), 105.0
#: Fascicles under an electrode over the erector at L3: those that pass it. Those of L4 and L5 lie below, and
#: of the thoracic ones only the aponeurosis reaches so far down.
UNDER = tuple(
    f"{part}_{level}_{side}" for part in ("LTpL", "IL") for level in ("L1", "L2", "L3") for side in SIDES
)
#: Activation of the erector that people in pain keep up while they hang, at a pain of 50 (assumed).
GUARDING = 0.03
#: What an electrode hears over a silent back [1 of the greatest]: noise, heart and neighbours. Fitted to the
#: ratio of 4.15 of the healthy (Gouteron et al. 2022); a silent lumbar erector reads 0 to 6 %.
BACKGROUND = 0.05
ABDUCTORS = ("gluteus_medius", "gluteus_minimus")
#: Greatest score of the active leg raise, which effort is scaled to (0 not difficult, 5 impossible).
IMPOSSIBLE = 5.0


@cache
def holding_tasks() -> dict[str, Task]:
    """Postures that are held for as long as one can, by test."""
    leant = Posture.sagittal(
        trunk_flexion_deg=-30.0, lumbar_flexion_deg=25.0, thigh_deg=135.0, knee_flexion_deg=90.0,
        shoulder_flexion_deg=0.0, elbow_flexion_deg=130.0,
        supports=resting("floor: sacrum ischium; strap: forefoot_medial; shoe: sole", "r"),
    )  # fmt: skip
    bridge = exercise("side_bridge")
    return {
        "sorensen": exercise("sorensen_hold").tasks["r"],
        "side_bridge_r": bridge.tasks["r"],
        "side_bridge_l": bridge.tasks["l"],
        "flexor_hold": Task(leant),
    }


@cache
def single_tasks() -> dict[str, Task]:
    """Postures that are solved once, by name."""
    lying = {side: Task(_leg_raised(side)) for side in SIDES}
    bending = {f"bend_{angle:g}": Task(Posture.flexed(angle)) for angle in (*ON_THE_WAY, AT_THE_END)}
    return (
        {f"leg_raise_{side}": task for side, task in lying.items()}
        | {f"stance_{side}": exercise("sl_stance").tasks[side] for side in SIDES}
        | bending
    )


def _leg_raised(side: str) -> Posture:
    right, left = (90.0 + LIFTED * (own == side) for own in SIDES)
    return Posture.sagittal(
        trunk_flexion_deg=-84.0, lumbar_flexion_deg=3.0, thigh_deg=(right, left), shoulder_flexion_deg=90.0,
        supports=resting("bed: scapula rib_back sacrum head_back calf_o heel_back_o", side),
    )  # fmt: skip


class Efforts(NamedTuple):
    """What the single solves of one person say; a posture that is not held counts as all one can."""

    leg_raise: list[float]  # score by side
    abductors: list[float]  # share of what is in reach, by stance side
    relaxation: float  # ratio of what is heard of the erector on the way and at the end


def efforts(model: Model, ends: Equilibrium, pain: float) -> Efforts:
    """Read off the solves of `single_tasks`, stacked in their order."""
    held = dict(zip(single_tasks(), words(Status, ends.status) == "converged", strict=True))
    rows = dict(zip(single_tasks(), np.asarray(ends.activation), strict=True))
    drive = np.asarray(model.fascicles.cap)

    def effort(name: str, *muscles: str) -> float:
        return _mean(model.fascicles, rows[name] / drive, muscles) if held[name] else 1.0

    heard = BACKGROUND + GUARDING * pain / 50
    erector = {name: heard + effort(name, *UNDER) for name in rows if name.startswith("bend")}
    way = max(erector[f"bend_{angle:g}"] for angle in ON_THE_WAY)
    return Efforts(
        [IMPOSSIBLE * effort(f"leg_raise_{side}", f"hip_flexors_{side}") for side in SIDES],
        [max(effort(f"stance_{side}", f"{group}_{side}") for group in ABDUCTORS) for side in SIDES],
        way / erector[f"bend_{AT_THE_END:g}"],
    )


def _mean(fascicles: Fascicles, activation: Float[np.ndarray, "fascicle"], muscles: tuple[str, ...]) -> float:
    """Mean over the cross-section of groups or fascicles."""
    there = np.any([members(fascicles, name) for name in muscles], axis=0)
    size = there * np.asarray(fascicles.pcsa)
    return float(size @ activation / size.sum())
