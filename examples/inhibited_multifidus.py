"""Bending forward with an inhibited multifidus: its neighbours take over.

Load and stability hardly change, as the multifidus does little of the work. Severity 1 puts 0.4 of it out
of reach and makes the rest dear to recruit.
Run: python examples/inhibited_multifidus.py [picture.png]
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import spinesim as ss
from spinesim.viz.theme import themed

MUSCLES = ("multifidus", "longissimus_pars_lumborum", "iliocostalis_pars_lumborum")


def main(picture: str = "inhibited_multifidus.png") -> None:
    """Bend both bodies forward and back, and draw the way there."""
    healthy = ss.lumbar_model(sex="male", mass_kg=75, height_m=1.75)
    inhibited = ss.scenario("inhibited_multifidus").apply(healthy)
    bodies = {"healthy": healthy, "inhibited": inhibited}
    draw({name: ss.movement(body, "flexion", stability=True) for name, body in bodies.items()}).savefig(
        picture
    )


@themed
def draw(runs) -> Figure:
    """Recruitment, load of the disc and margin of stability over trunk flexion."""
    page = Figure(figsize=(13, 4.6))
    muscles, disc, margin = page.subplots(1, 3)
    for (name, ds), style in zip(runs.items(), ("-", "--"), strict=True):
        there = ds.sel(phase=slice(0, 0.5))
        angle = np.degrees(there.trunk_flexion)
        for i, muscle in enumerate(MUSCLES):
            label = muscle.replace("_", " ") if name == "healthy" else ""
            curve = 100 * there.group_activation.sel(group=f"{muscle}_r")
            muscles.plot(angle, curve, f"C{i}{style}", lw=2, label=label)
        disc.plot(angle, there.disc_compression.sel(level="L4L5"), f"C0{style}", lw=2, label=name)
        margin.plot(angle, there.stability_eigenvalue, f"C0{style}", lw=2, label=name)
    muscles.set(title="Activation [%] (inhibited dashed)", ylim=(0, None))
    disc.set(title="Compression of L4-L5 [N]", ylim=(0, None))
    margin.set(title="Least stiffness [N m/rad]")
    margin.axhline(0, color="black", lw=0.8)
    for ax in (muscles, disc, margin):
        ax.set_xlabel("trunk flexion [deg]")
        ax.grid(True)
        ax.legend()
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
