"""A desk worker with tight hip flexors: eight weeks of stretching, and what the tests and the pain say of it.

The whole screen is done before and after. Stretching moves the tests that ask for range, and hardly the pain:
what falls is mostly what would have fallen anyway (the band of ordinary care).
Run: python examples/desk_worker_with_tight_hips.py [picture.png]
"""

import sys

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import spinesim as ss
from spinesim.results.screen import of_rehab
from spinesim.viz import theme
from spinesim.viz.theme import themed

TESTS = ("thomas_r", "raised_leg_r", "sit_and_reach", "schober", "sorensen", "stance_closed_r")


def main(picture: str = "desk_worker_with_tight_hips.png") -> None:
    """Simulate and draw."""
    who = ss.profile(
        pain=40,
        tight_deg={"hip_flexors": 10, "hamstrings": 8},
        hours={"sit": 10, "walk": 1},
        weak={"glutes": 0.1},
    )
    draw(ss.rehab(who, "stretching", weeks=8, draws=50)).savefig(picture)


@themed
def draw(ds) -> Figure:
    """Tests before and after in errors of the test, and pain beside ordinary care."""
    page = Figure(figsize=(12, 4.6))
    left, right = page.subplots(1, 2, width_ratios=(1.15, 1))
    _tests(left, of_rehab(ds))
    for arm, colour in (("usual_care", theme.FAINT), ("stretching", "#D55E00")):
        low, middle, high = np.quantile(ds.pain.sel(arm=arm), [0.1, 0.5, 0.9], axis=0)
        right.fill_between(ds.day / 7, low, high, color=colour, alpha=0.15, lw=0)
        right.plot(ds.day / 7, middle, color=colour, lw=2.2, label=arm.replace("_", " "))
    right.set(title="Usual pain, 80 % of draws shaded", ylim=(0, 100), xlabel="week", xlim=(0, 8))
    right.grid(True)
    right.legend()
    return page


def _tests(ax: Axes, found) -> None:
    """Change of each test in errors of it; beyond the lines it is more than error."""
    one = found.sel(test=list(TESTS))
    good = np.where(one.better == "higher", 1, -1)
    change = good * (one.value.sel(moment="after") - one.value.sel(moment="before"))
    names = [str(label).split(",")[0] for label in one.label.values]
    theme.rows(ax, names)
    ax.barh(range(len(TESTS)), change / one.error, color="#0072B2", height=0.55)
    for row, (test, shift) in enumerate(zip(one.test.values, change.values, strict=True)):
        unit = str(one.unit.sel(test=test).item())
        beside = max(float(shift / one.error.sel(test=test)), 0) + 0.15
        ax.text(beside, row, f"{shift:+.1f} {unit}", va="center")
    for edge in (-2.77, 2.77):  # what two measurements must differ by with 95 %
        ax.axvline(edge, color=theme.FAINT, lw=1, ls="--")
    ax.set(title="Better by how many errors of the test", xlim=(-4, 8))


if __name__ == "__main__":
    main(*sys.argv[1:])
