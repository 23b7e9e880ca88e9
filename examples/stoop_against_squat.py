"""Lifting a crate of 15 kg with a round back and straight knees, or with a flat back out of bent knees.

The stoop loads the discs more by bending the trunk further, and stretches the ligaments behind them.
Run: python examples/stoop_against_squat.py [picture.png]
"""

import sys

from matplotlib.figure import Figure

import spinesim as ss
from spinesim.viz.movement import sticks
from spinesim.viz.theme import themed


def main(picture: str = "stoop_against_squat.png") -> None:
    """Run both lifts and draw them."""
    model = ss.lumbar_model(sex="male", mass_kg=75, height_m=1.75)
    lifts = {name: ss.movement(model, name, hand_load_kg=15) for name in ("stoop_lift", "squat_lift")}
    draw(model, lifts).savefig(picture)


@themed
def draw(model, lifts) -> Figure:
    """Both lifters above; below what the L4-L5 disc and the ligaments behind it carry."""
    page = Figure(figsize=(13, 7.5))
    axes = page.subplots(2, 2, height_ratios=(1.1, 1))
    for ax, (name, ds) in zip(axes[0], lifts.items(), strict=True):
        sticks(ax, model, ds, hand_load_kg=15)
        ax.set_title(name.replace("_", " "))
    for name, ds in lifts.items():
        behind = ds.ligament_force.sel(level="L4L5").sum("ligament")
        axes[1, 0].plot(ds.phase, ds.disc_compression.sel(level="L4L5"), lw=2, label=name.replace("_", " "))
        axes[1, 1].plot(ds.phase, behind, lw=2, label=name.replace("_", " "))
    for ax, title in zip(axes[1], ("Compression of L4-L5 [N]", "Ligaments of L4-L5 [N]"), strict=True):
        ax.set(title=title, xlabel="phase of the lift: crate off the floor 0, upright 1", xlim=(0, 1))
        ax.set_ylim(0, None)
        ax.grid(True)
        ax.legend()
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
