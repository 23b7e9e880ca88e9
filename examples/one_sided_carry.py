"""20 kg carried in both hands, and more and more of it in the right one.

The same weight: what changes is the lever, and with it the muscles of the other side and the disc.
Run: python examples/one_sided_carry.py [picture.png]
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import spinesim as ss
from spinesim.viz.theme import themed

SHARE = np.linspace(0, 1, 11)  # severity: 0 half the weight in each hand, 1 all of it in the right one
MUSCLES = ("iliocostalis_pars_thoracis", "external_oblique", "quadratus_lumborum")


def main(picture: str = "one_sided_carry.png") -> None:
    """Sweep the scenario in its own task and draw it."""
    model = ss.lumbar_model(sex="male", mass_kg=75, height_m=1.75)
    ds = ss.sweep(model, None, ["asymmetric_carry"], SHARE)
    draw(ds.squeeze()).savefig(picture)


@themed
def draw(ds) -> Figure:
    """The L4-L5 disc, and the muscles of both sides."""
    page = Figure(figsize=(13, 4.6))
    disc, shear, muscles = page.subplots(1, 3)
    right_kg = 10 + 10 * ds.severity
    disc.plot(right_kg, ds.disc_compression.sel(level="L4L5"), lw=2)
    disc.set(title="Compression of L4-L5 [N]", ylim=(0, None))
    shear.plot(right_kg, abs(ds.disc_lateral_shear.sel(level="L4L5")), lw=2)
    shear.set(title="Lateral shear of L4-L5 [N]")
    for i, muscle in enumerate(MUSCLES):
        for side, style in (("r", "-"), ("l", "--")):
            label = muscle.replace("_", " ") if side == "r" else ""
            curve = 100 * ds.group_activation.sel(group=f"{muscle}_{side}")
            muscles.plot(right_kg, curve, f"C{i}{style}", lw=2, label=label)
    muscles.set(title="Activation [%] (right solid, left dashed)", ylim=(0, None))
    muscles.legend()
    for ax in (disc, shear, muscles):
        ax.set(xlabel="of 20 kg in the right hand [kg]", xlim=(10, 20))
        ax.grid(True)
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
