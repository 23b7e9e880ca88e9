"""Movements by name: postures along a phase from 0 to 1, so slow that each is at rest.

A movement is a few key postures of one family; between two of them every number goes straight. What
carries the body changes at a key posture and holds until the next one: contacts that are left are gone from
there on (the seat, the free leg's), and the weight is over what stays. Feet that stand without a seat lean
about the ankles until it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import pi
from typing import Any

import jax.numpy as jnp
import numpy as np

from spinesim._names import choose, within
from spinesim.models import supports as on
from spinesim.models import tables
from spinesim.models.anatomy import SIDES
from spinesim.models.posture import Posture
from spinesim.models.state import Task
from spinesim.models.supports import Supports
from spinesim.scenarios.postures import posture
from spinesim.scenarios.tasks import LOADS, numbers_in

DEG = pi / 180


@dataclass(frozen=True)
class Key:
    """One row of the table of movements: a posture on the way, and what holds the body from there on."""

    phase: float
    posture: str
    supports: str
    numbers: dict[str, Any]
    description: str
    source: str


def frame(name: str, phase: float | int, side: str = "r", **loads: Any) -> Task:
    """The task at a `phase` (0 to 1) of a movement; keywords replace its loads, as in `hand_load_kg=10`.

    `side` is the one bent to, stood on, or whose leg is lifted (`bird_dog`: with the other arm); a movement
    of both sides at once takes no notice.
    """
    keys = MOVEMENTS[choose("movement", name, MOVEMENTS)]
    side, phase = choose("side", side, SIDES), within("phase", phase, 0.0, 1.0)
    for load in loads:
        choose("load", load, LOADS)
    key = max((key for key in keys if key.phase <= phase), key=lambda key: key.phase)
    numbers = _numbers(keys, phase) | loads
    own = {name: value for name, value in numbers.items() if name not in LOADS}
    turned = _SIDED[key.posture](side, **own) if key.posture in _SIDED else posture(key.posture, **own)
    supports, balance = _HOLDS[key.supports]
    held = replace(turned, supports=supports(side), balance=jnp.asarray(balance))
    return Task(held, **{name: value for name, value in numbers.items() if name in LOADS})


def _numbers(keys: tuple[Key, ...], phase: float) -> dict[str, Any]:
    """Numbers at a phase, straight from key to key."""
    phases = [key.phase for key in keys]
    return {
        name: float(np.interp(phase, phases, [key.numbers[name] for key in keys])) for name in keys[0].numbers
    }


def _other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def _sign(side: str) -> float:
    """1 to the right, -1 to the left."""
    return 1.0 - 2.0 * SIDES.index(side)


def _side_bent(side: str, side_bend_deg: float) -> Posture:
    return Posture.bent(_sign(side) * side_bend_deg)


def _rising(
    side: str,
    trunk_flexion_deg: float,
    lumbar_flexion_deg: float,
    thigh_flexion_deg: float,
    knee_flexion_deg: float,
) -> Posture:
    """From erect sitting to standing; lumbar flexion counts from standing."""
    seated = Posture.sitting(trunk_flexion_deg, lumbar_flexion_deg)
    thighs = jnp.zeros((2, 3)).at[:, 2].set(thigh_flexion_deg * DEG)
    return replace(seated, femurs=thighs, knees=jnp.full(2, knee_flexion_deg * DEG))


def _stepping(side: str, weight_shift_deg: float, hip_flexion_deg: float, knee_flexion_deg: float) -> Posture:
    """Both thighs tilted towards the foot of `side`, the other hip and knee bent."""
    stance = Posture.single_leg(side, hip_flexion_deg, knee_flexion_deg)
    shift = _sign(side) * weight_shift_deg * DEG
    return replace(stance, femurs=stance.femurs.at[:, 0].set(shift))


def _prone(side: str, hip_extension_deg: float) -> Posture:
    lying = Posture.lying_prone()
    return replace(lying, femurs=lying.femurs.at[SIDES.index(side), 2].add(-hip_extension_deg * DEG))


def _four_point(
    side: str, sway_deg: float, thigh_extension_deg: float, knee_extension_deg: float, arm_raise_deg: float
) -> Posture:
    """The leg of `side` and the other arm lifted; the trunk sways towards the arm that carries."""
    rest, leg, arm = Posture.quadruped(), SIDES.index(side), 1 - SIDES.index(side)
    sway = _sign(side) * sway_deg * DEG
    thighs, arms = rest.femurs.at[arm, 0].set(sway), rest.upper_arms.at[leg, 0].set(sway)
    return replace(
        rest,
        femurs=thighs.at[leg, 2].add(-thigh_extension_deg * DEG),
        knees=rest.knees.at[leg].add(-knee_extension_deg * DEG),
        upper_arms=arms.at[arm, 2].add(arm_raise_deg * DEG),
    )


def _bed_leg_free(side: str) -> Supports:
    stays = _other(side)
    return on.rest(
        "head_front", "rib_front", "asis", f"knee_front_{stays}", f"foot_front_{stays}",
        on="cloth_on_cushion",
    )  # fmt: skip


def _hand_and_knee(side: str) -> Supports:
    """One hand, and knee and instep of the other side: two points alone would balance on a knife's edge."""
    stays = _other(side)
    return on.rest(f"hand_{side}", f"knee_{stays}", f"foot_front_{stays}", on="cloth_on_floor")


#: Postures that know a side or that no other room needs.
_SIDED: dict[str, Callable[..., Posture]] = {
    "side_bent": _side_bent, "rising": _rising, "stepping": _stepping, "prone": _prone,
    "four_point": _four_point,
}  # fmt: skip
#: What carries the body on its working side, and whether its legs lean (sagittal, frontal).
_HOLDS: dict[str, tuple[Callable[[str], Supports], tuple[float, float]]] = {
    "feet": (lambda side: on.two_feet(), (1.0, 0.0)),
    "feet_centred": (lambda side: on.two_feet(), (1.0, 1.0)),
    "foot": (on.one_foot, (1.0, 1.0)),
    "seat": (lambda side: on.seat(), (0.0, 0.0)),
    "bed": (lambda side: on.prone(), (0.0, 0.0)),
    "bed_leg_free": (_bed_leg_free, (0.0, 0.0)),
    "hands_and_knees": (lambda side: on.quadruped(), (0.0, 0.0)),
    "hand_and_knee": (_hand_and_knee, (0.0, 0.0)),
}


def _keys(name: str) -> tuple[Key, ...]:
    rows = tables.load("movements").where("movement", name)
    return tuple(
        Key(
            float(row["phase"]), row["posture"], row["supports"], numbers_in(row["numbers"]),
            row["description"], row["source"],
        )
        for row in rows.rows
    )  # fmt: skip


#: Key postures of every movement, in order of their phase.
MOVEMENTS = {name: _keys(name) for name in dict.fromkeys(tables.load("movements").words("movement"))}
