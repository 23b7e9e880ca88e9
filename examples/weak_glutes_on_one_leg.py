"""Shifting the weight and lifting a foot, with healthy glutes and with glutes of 0.6 of their strength.

The pelvis is kept level: other abductors pay for that, and the spine hardly notices.
Run: python examples/weak_glutes_on_one_leg.py [picture.png]
"""

import sys

from matplotlib.figure import Figure

import spinesim as ss
from spinesim.viz.movement import sticks
from spinesim.viz.theme import themed

MUSCLES = ("gluteus_medius_r", "tensor_fasciae_latae_r", "rectus_femoris_r", "piriformis_r")


def main(picture: str = "weak_glutes_on_one_leg.png") -> None:
    """Run the movement with both bodies and draw it."""
    healthy = ss.lumbar_model(sex="female", mass_kg=62, height_m=1.66)
    weak = ss.scenario("underactive_glutes").apply(healthy)
    runs = {
        name: ss.movement(body, "single_leg_stance") for name, body in (("healthy", healthy), ("weak", weak))
    }
    draw(healthy, runs).savefig(picture)


@themed
def draw(model, runs) -> Figure:
    """The movement, the muscles of the standing hip, and what reaches the disc."""
    page = Figure(figsize=(12, 7.5))
    mosaic = page.subplot_mosaic([["sticks", "sticks"], ["hip", "disc"]])
    sticks(mosaic["sticks"], model, runs["healthy"])
    for (name, ds), style in zip(runs.items(), ("-", "--"), strict=True):
        for i, muscle in enumerate(MUSCLES):
            label = muscle[:-2].replace("_", " ") if name == "healthy" else ""
            curve = 100 * ds.group_activation.sel(group=muscle)
            mosaic["hip"].plot(ds.phase, curve, f"C{i}{style}", lw=2, label=label)
        mosaic["disc"].plot(ds.phase, ds.disc_compression.sel(level="L4L5"), f"C0{style}", lw=2, label=name)
    mosaic["hip"].set(title="Right hip: activation [%] (weak glutes dashed)", ylim=(0, None))
    mosaic["disc"].set(title="Compression of L4-L5 [N]", ylim=(0, 600))
    for name in ("hip", "disc"):
        mosaic[name].set(xlabel="phase: the left foot leaves the floor at 0.4", xlim=(0, 1))
        mosaic[name].grid(True)
        mosaic[name].legend()
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
