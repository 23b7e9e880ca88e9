"""A profile: one person's body, pain, habits and what their muscles lack."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from spinesim._names import choose, within
from spinesim._record import Record
from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import STRETCHED, Person, nobody
from spinesim.exercise.life import ACTIVITIES, Routine, routine
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.build import lumbar_model
from spinesim.models.groups import GROUPS, REPORTED, UNIONS

#: Comorbidities, and what they change: neuropathy keeps to steady exercises, a degenerative disc is weaker.
CONDITIONS = ("neuropathy", "degenerative_disc")
#: Health that a degenerative disc has lost at least, by level, and strength that it keeps; balance demand
#: that neuropathy allows (0 to 1); compression borne without irritation over the strength of a segment;
#: central sensitisation at a pain of 50, which is the mean of the population (all assumed).
_DEGENERATIVE = np.array([0.5 if level in ("L4L5", "L5S1") else 0.0 for level in LEVELS])
WEAKENED, STEADY, BORNE, CENTRAL = 0.7, 0.3, 0.45, 0.25


class Profile(Record):
    """Who is simulated: the engine's body, the person, an ordinary day."""

    model: Model
    person: Person
    routine: Routine


def profile(
    *,
    sex: str = "male",
    mass_kg: float | int = 75.0,
    height_m: float | int = 1.75,
    pain: float | int = 50.0,
    pain_months: float | int = 6.0,
    fear: float | int = 0.4,
    stress: float | int = 0.3,
    weak: Mapping[str, float | int] | None = None,
    inhibited: Mapping[str, float | int] | None = None,
    tight_deg: Mapping[str, float | int] | None = None,
    degenerated: Mapping[str, float | int] | None = None,
    hours: Mapping[str, float | int] | None = None,
    lifts: float | int = 10.0,
    conditions: tuple[str, ...] | list[str] = (),
) -> Profile:
    """A person by numbers.

    Args:
        sex, mass_kg, height_m: the body, as `lumbar_model` takes them.
        pain: usual pain, 1 to 99 of 100.
        pain_months: for how long, 0 to 600; beyond 12 the natural course is nearly flat.
        fear: fear-avoidance, 0 to 1 (a Tampa score of 17 is 0, of 68 is 1).
        stress: 0 to 1.
        weak, inhibited: fraction of strength lost, and of motor units out of reach, by muscle group; 0 to
        0.6. tight_deg: range missing by stretched muscle (`hip_flexors_r`) or both sides of it, 0 to 25
        degrees. degenerated: fraction of a disc's health lost by level, 0 to 1.
        hours: of sleep, sit, walk, bend a day; what is left of 24 is standing.
        lifts: of 10 kg a day.
        conditions: "neuropathy", "degenerative_disc".

    Example:
        >>> profile(pain=55, tight_deg={"hip_flexors": 10}, hours={"sit": 9})
    """
    for name in hours or {}:
        choose("activity", name, ACTIVITIES)
    said = {
        "pain": within("pain", pain, 1, 99),
        "long_standing": within("pain_months", pain_months, 0, 600) > 12,
        "fear": within("fear", fear, 0, 1),
        "central": CENTRAL * pain / 50,
        "stress": within("stress", stress, 0, 1),
        "deficit": _muscles("weak", weak),
        "inhibited": _muscles("inhibited", inhibited),
        "tight": _tight(tight_deg),
        **_health(sex, degenerated, conditions),
        "female": sex == "female",
    }
    model = lumbar_model(sex, mass_kg, height_m)
    person = replace(nobody(), **{name: jnp.asarray(value, float) for name, value in said.items()})
    return Profile(model, person, routine(hours, lifts))


def _health(
    sex: str, degenerated: Mapping[str, float | int] | None, conditions: Sequence[str]
) -> dict[str, Any]:
    """Discs, what they bear and what is steady enough, with the comorbidities."""
    for name in conditions:
        choose("condition", name, CONDITIONS)
    neuropathy, worse = (name in conditions for name in CONDITIONS)
    worn = _by_name("level", degenerated, LEVELS, LEVELS, "degenerated", 1.0)
    strong = float(parameters()["ultimate_men" if sex == "male" else "ultimate_women"])
    ultimate = WEAKENED * strong if worse else strong
    return {
        "degenerated": np.maximum(worn, _DEGENERATIVE) if worse else worn,
        "ultimate": ultimate,
        "tolerance": BORNE * ultimate,
        "balance_level": STEADY if neuropathy else 1.0,
        "neuropathy": neuropathy,
    }


def _muscles(kind: str, given: Mapping[str, float | int] | None) -> np.ndarray:
    valid = (*GROUPS, *REPORTED)
    found = np.zeros(len(REPORTED))
    for name, value in (given or {}).items():
        choose("muscle group", name, valid, kind)
        amount = within(f"{kind} {name!r}", float(value), 0.0, 0.6)
        parts = UNIONS.get(name, (name,))
        found[[group in parts or group[:-2] in parts for group in REPORTED]] = amount
    return found


def _tight(given: Mapping[str, float | int] | None) -> np.ndarray:
    muscles = tuple(dict.fromkeys(name[:-2] for name in STRETCHED))
    return _by_name("stretched muscle", given, (*muscles, *STRETCHED), STRETCHED, "tight_deg", 25.0)


def _by_name(
    what: str,
    given: Mapping[str, Any] | None,
    valid: tuple[str, ...],
    names: tuple[str, ...],
    kind: str,
    most: float,
) -> np.ndarray:
    found = np.zeros(len(names))
    for name, value in (given or {}).items():
        choose(what, name, valid, kind)
        amount = within(f"{kind} {name!r}", float(value), 0.0, most)
        found[[own == name or own[:-2] == name for own in names]] = amount
    return found
