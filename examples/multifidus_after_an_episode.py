"""The multifidus through an episode of back pain: inhibited in days, smaller in weeks, and back, or not.

A painful fortnight, then ordinary life or training that reaches the muscle. A part of the inhibition is taken
to last without training (assumed after Hides et al. 1996, who saw no recovery by itself). The laws alone,
no loads: the slow state is stepped a day at a time.
Run: python examples/multifidus_after_an_episode.py [picture.png]
"""

import sys
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from spinesim.adaptation import muscle
from spinesim.adaptation.day import day_of
from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import initial
from spinesim.exercise.profile import profile
from spinesim.models.groups import REPORTED
from spinesim.viz.theme import themed

DAYS, EPISODE = 150, 14
MUSCLE = REPORTED.index("multifidus_r")


def main(picture: str = "multifidus_after_an_episode.png") -> None:
    """Run both courses and draw them."""
    draw({"ordinary life": course(0.0), "skill and strength, twice a week": course(2.0)}).savefig(picture)


def course(sessions: float) -> np.ndarray:
    """Inhibition and size of the multifidus, day by day; training starts when the episode is over."""
    p, who = parameters(), profile(pain=60, inhibited={"multifidus": 0.2}).person
    start = initial(who, p)

    def step(slow, day):
        hurts = day < EPISODE
        slow = replace(slow, inflammation=jnp.where(hurts, 0.6, 0.0) * jnp.array([1.0, 1, 0, 0, 0, 0]))
        trained = jnp.where(hurts, 0.0, sessions)
        today = replace(
            day_of(), strength=trained + day_of().strength, growth=trained + day_of().growth,
            skill=trained + day_of().skill,
        )  # fmt: skip
        skill, fast = muscle.skill_rates(slow, today, p)
        slow = replace(
            slow,
            inhibition=slow.inhibition + muscle.inhibition_rate(slow, today, who, p),
            size=slow.size + muscle.size_rate(slow, today, who, p),
            skill=slow.skill + skill,
            skill_fast=slow.skill_fast + fast,
        )
        return slow, jnp.stack([slow.inhibition[MUSCLE], slow.size[MUSCLE]])

    return np.asarray(jax.lax.scan(step, start, jnp.arange(DAYS))[1])


@themed
def draw(courses: dict[str, np.ndarray]) -> Figure:
    """Inhibition and size over time."""
    page = Figure(figsize=(11, 4.5))
    left, right = page.subplots(1, 2)
    for (name, path), colour in zip(courses.items(), ("#7d4667", "#009E73"), strict=True):
        left.plot(100 * path[:, 0], color=colour, lw=2.2, label=name)
        right.plot(100 * path[:, 1], color=colour, lw=2.2)
    for ax in (left, right):
        ax.axvspan(0, EPISODE, color="#f6c9c2", lw=0, zorder=0)
        ax.set(xlabel="day (the episode shaded)", xlim=(0, DAYS))
        ax.grid(True)
    left.set_title("Motor units out of reach [%]")
    right.set_title("Cross-section of the multifidus [%]")
    left.legend()
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
