"""A runner whose right hip abductors are weak: the loads of standing on each leg, before and after training.

Eight weeks of one-sided abduction and stance. The engine is asked anew every week, so that what the muscles
gain changes how hard they work; what the discs carry changes less.
Run: python examples/runner_with_weak_abductors.py [picture.png]
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import spinesim as ss
from spinesim.exercise.library import exercise
from spinesim.results.screen import of_rehab
from spinesim.viz import theme
from spinesim.viz.theme import themed

SIDES = {"r": "#D55E00", "l": "#0072B2"}


def main(picture: str = "runner_with_weak_abductors.png") -> None:
    """Simulate and draw."""
    weak = {"gluteus_medius_r": 0.45, "gluteus_minimus_r": 0.45}
    who = ss.profile(pain=30, mass_kg=68, weak=weak, hours={"sit": 5, "walk": 3})
    names = ("sl_hip_abd", "clamshell", "sl_stance", "side_bridge_knees")
    own = tuple(exercise(name) for name in names)
    training = ss.Programme("abductors", own, sessions=4, first=0.7, last=1.3)
    draw(ss.rehab(who, training, weeks=8, draws=50)).savefig(picture)


@themed
def draw(ds) -> Figure:
    """Effort of the abductors on each leg, strength gained, and what the lowest free disc carries."""
    page = Figure(figsize=(12.5, 4.4))
    effort, gained, load = page.subplots(1, 3)
    stance = {side: ds.sel(case=f"sl_stance_{side}") for side in SIDES}
    place = np.arange(2)
    for offset, (side, colour) in zip((-0.18, 0.18), SIDES.items(), strict=True):
        said = {"r": "weak right", "l": "left"}[side]
        group = f"gluteus_medius_{side}"
        effort.bar(place + offset, 100 * stance[side].effort.sel(group=group), 0.34, color=colour, label=said)
        strength = 100 * (ds["central.strength"].sel(group=group) - 1)
        gained.plot(ds.week_end, strength, color=colour, lw=2.2)
        load.bar(place + offset, stance[side].compression.sel(level="L4L5"), 0.34, color=colour)
    for ax, title in ((effort, "Gluteus medius on one leg [%]"), (load, "L4-L5 on one leg [N]")):
        ax.set_xticks(place, ["before", "after 8 weeks"])
        ax.set_title(title)
        ax.grid(axis="y")
    effort.legend()
    gained.set(title="Strength gained [%]", xlabel="week", ylim=(0, None))
    gained.grid(True)
    symmetry = of_rehab(ds).value.sel(test="symmetry")
    before, after = map(float, symmetry)
    said = f"difference of the sides in paired tests: {before:.0f} % before, {after:.0f} % after"
    page.supxlabel(said, x=0.01, ha="left", fontsize=9.5, color=theme.FAINT)
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
