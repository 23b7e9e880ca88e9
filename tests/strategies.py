"""Hypothesis strategies: bodies, postures and loads that people have, take and carry.

What is drawn are plain numbers; models and tasks are made of them outside the drawing, where JAX may work.
"""

from functools import cache
from typing import NamedTuple

import equinox as eqx
import numpy as np
from hypothesis import strategies as st

import spinesim as ss
from spinesim.models.groups import REPORTED, members

#: Named postures with the numbers that are held by most bodies, and the range of each.
HELD = {
    "standing": {},
    "flexed": {"trunk_flexion_deg": (0, 60)},
    "extended": {"trunk_extension_deg": (0, 12)},
    "bent": {"side_bend_deg": (-15, 15)},
    "twisted": {"rotation_deg": (-6, 6)},
    "squat": {"knee_flexion_deg": (40, 100), "trunk_flexion_deg": (20, 50)},
    "sitting": {"trunk_flexion_deg": (0, 15), "lumbar_flexion_deg": (0, 30)},
    "leaning_back": {"recline_deg": (10, 45)},
    "lying_supine": {},
    "lying_on_side": {"hip_flexion_deg": (0, 60)},
    "quadruped": {},
    "bridge": {},
}
PEOPLE = [(sex, *size) for sex in ("male", "female") for size in ((60.0, 1.65), (80.0, 1.80))]
_person = cache(ss.lumbar_model)


class Case(NamedTuple):
    """Somebody in a posture with something in the hands."""

    person: tuple[str, float, float]
    strength: dict[str, float]  # of single muscle groups, over the usual
    posture: str
    numbers: dict[str, float]
    hands: tuple[float, float]

    def model(self) -> ss.Model:
        usual = _person(*self.person)
        factor = np.ones_like(usual.fascicles.max_force)
        for group, share in self.strength.items():
            factor[np.array(members(usual.fascicles, group))] *= share
        return eqx.tree_at(lambda m: m.fascicles.max_force, usual, factor * usual.fascicles.max_force)

    def task(self) -> ss.Task:
        return ss.Task(ss.posture(self.posture, **self.numbers), hand_load_kg=self.hands)


@st.composite
def cases(draw) -> Case:
    """Some muscle groups 0.7 to 1.4 times as strong as usual, a posture of HELD, up to 6 kg in each hand."""
    strength = st.dictionaries(st.sampled_from(REPORTED), st.floats(0.7, 1.4), max_size=4)
    name = draw(st.sampled_from(sorted(HELD)))
    numbers = {key: draw(st.floats(*span)) for key, span in HELD[name].items()}
    hands = draw(st.floats(0, 6)), draw(st.floats(0, 6))
    return Case(draw(st.sampled_from(PEOPLE)), draw(strength), name, numbers, hands)
