"""The pose of an exercise: a posture drawn by numbers, and what the body rests on, by words.

`rests` is written as in `floor: elbow foot_side; strap: heel_back`: surfaces, each with the places it
carries. A place ending in `_w` is that of the working side, `_o` that of the other side; without either it
is both. `sole` is heel and forefoot.
"""

from collections.abc import Callable
from dataclasses import replace
from math import pi
from typing import Any

import jax.numpy as jnp

from spinesim._names import choose
from spinesim._numbers import degrees
from spinesim.models.anatomy import SIDES
from spinesim.models.posture import Posture
from spinesim.models.supports import Supports, rest, together
from spinesim.scenarios import movements
from spinesim.scenarios.postures import POSTURES, posture

DEG = pi / 180
#: What a body rests on: the friction of the surface, and where it pushes to (world axes).
SURFACES = {
    "shoe": ("shoe_on_floor", (0.0, 1.0, 0.0)),
    "floor": ("cloth_on_floor", (0.0, 1.0, 0.0)),
    "bed": ("cloth_on_cushion", (0.0, 1.0, 0.0)),
    "strap": ("cloth_on_cushion", (0.0, -1.0, 0.0)),
    "pull": ("cloth_on_cushion", (-1.0, 0.0, 0.0)),  # hands or a strap that draw towards the head, supine
}
SOLE = ("heel", "forefoot_medial", "forefoot_lateral")


def other(side: str) -> str:
    """The other side."""
    return SIDES[1 - SIDES.index(side)]


def pose(base: str, side: str, rests: str, numbers: dict[str, Any]) -> Posture:
    """The posture `base` drawn by its numbers, for a working side; `rests` replaces its own supports."""
    made = _made(base, side, numbers)
    return replace(made, supports=resting(rests, side)) if rests else made


def _made(base: str, side: str, numbers: dict[str, Any]) -> Posture:
    if base in DRAWN:
        return DRAWN[base](side, **numbers)
    if base in movements.MOVEMENTS:
        return movements.frame(base, numbers.get("phase", 1.0), side).posture
    return posture(choose("posture", base, (*POSTURES, *DRAWN, *movements.MOVEMENTS)), **numbers)


def resting(rests: str, side: str) -> Supports:
    """The supports that words say, for a working side."""
    parts = []
    for group in filter(None, (part.strip() for part in rests.split(";"))):
        name, colon, places = group.partition(":")
        if not colon:
            raise ValueError(f"supports {group!r} must read `surface: place place`")
        friction, normal = SURFACES[choose("surface", name.strip(), SURFACES)]
        named = [named for place in places.split() for named in _sided(place, side)]
        parts.append(rest(*named, on=friction, normal=normal))
    return together(*parts)


def _sided(place: str, side: str) -> tuple[str, ...]:
    name, ending = (place[:-2], place[-2:]) if place.endswith(("_w", "_o")) else (place, "")
    whole = SOLE if name == "sole" else (name,)
    tail = {"_w": f"_{side}", "_o": f"_{other(side)}", "": ""}[ending]
    return tuple(f"{each}{tail}" for each in whole)


#: Numbers of a drawn posture that are (working side, other side).
_PAIRS = ("thigh_deg", "knee_flexion_deg", "shoulder_flexion_deg", "elbow_flexion_deg")


def _by_side(side: str, numbers: dict[str, Any]) -> dict[str, Any]:
    """(working, other) turned into (right, left)."""
    swap = side != SIDES[0]
    return {
        name: value[::-1] if swap and name in _PAIRS and isinstance(value, tuple) else value
        for name, value in numbers.items()
    }


def _sagittal(side: str, balance: tuple[float, float] = (0.0, 0.0), **numbers: Any) -> Posture:
    return Posture.sagittal(balance=balance, **_by_side(side, numbers))


def _on_side(
    side: str,
    slope_deg: float = 5.5,
    hip_flexion_deg: tuple[float, float] | float = 0.0,
    knee_flexion_deg: tuple[float, float] | float = 0.0,
    raise_deg: tuple[float, float] | float = 0.0,
    lower: str = "o",
    shoulder_deg: float = 0.0,
) -> Posture:
    """On one side, the body sloping down to the feet by `slope_deg`; legs (working, other).

    `lower` says whether the working side `w` or the other one `o` is below; `raise_deg` lifts a thigh
    sideways from the line of the trunk, away from the floor where positive. The lower upper arm stands
    `shoulder_deg` from the line of the trunk, the elbow bent by as much.
    """
    below = side if lower == "w" else other(side)
    roll = 1.0 if below == "l" else -1.0
    pairs = {
        "hip": hip_flexion_deg, "knee": knee_flexion_deg, "raise": raise_deg,
    }  # fmt: skip
    by_side = {name: value if isinstance(value, tuple) else (value, value) for name, value in pairs.items()}
    if side != SIDES[0]:
        by_side = {name: value[::-1] for name, value in by_side.items()}

    def turned(flexion: float, slope: float) -> jnp.ndarray:
        return jnp.array([roll * flexion * DEG, roll * pi / 2, pi / 2 - slope * DEG])

    lying = Posture.lying_on_side(below)
    lower_arm = SIDES.index(below)
    arms = jnp.stack([turned(0.0, slope_deg)] * 2)
    return replace(
        lying,
        pelvis=turned(0.0, slope_deg),
        femurs=jnp.stack([
            turned(hip, slope_deg - up) for hip, up in zip(by_side["hip"], by_side["raise"], strict=True)
        ]),
        knees=jnp.stack([degrees("knee_flexion_deg", knee, 0.0, 150.0) for knee in by_side["knee"]]),
        upper_arms=arms.at[lower_arm].set(turned(0.0, slope_deg + shoulder_deg)),
        elbows=jnp.zeros(2).at[lower_arm].set(shoulder_deg * DEG),
    )  # fmt: skip


def _four_point(side: str, arm_raise_deg: float = 0.0, lumbar_flexion_deg: float = 0.0) -> Posture:
    """On hands and knees; the leg of the working side held out behind."""
    rest_, leg = Posture.quadruped(), SIDES.index(side)
    return replace(
        rest_,
        femurs=rest_.femurs.at[leg, 2].add(-85 * DEG),
        knees=rest_.knees.at[leg].add(-pi / 2),
        upper_arms=rest_.upper_arms.at[1 - leg, 2].add(arm_raise_deg * DEG),
    )


def _arched(side: str, lumbar_flexion_deg: float) -> Posture:
    """On hands and knees with the back rounded."""
    rest_, turn = Posture.quadruped(), lumbar_flexion_deg * DEG
    level = Posture.sagittal(78.0, lumbar_flexion_deg)
    return replace(rest_, pelvis=rest_.pelvis.at[2].add(turn), levels=level.levels)


#: Postures that only exercises take; each knows the working side.
DRAWN: dict[str, Callable[..., Posture]] = {
    "sagittal": _sagittal, "on_side": _on_side, "four_point": _four_point, "arched": _arched,
    "one_leg": lambda side, **numbers: Posture.single_leg(side, **numbers),
    "two_legs": lambda side, **numbers: replace(Posture.standing(**numbers), balance=jnp.ones(2)),
}  # fmt: skip
