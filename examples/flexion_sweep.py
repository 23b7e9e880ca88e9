"""Bending forward from upright to 70 degrees: what the discs carry and who holds the trunk.

One compiled solve, fifteen postures at once. Run: python examples/flexion_sweep.py [picture.png]
"""

import sys

import equinox as eqx
import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

import spinesim as ss
from spinesim.results.report import short
from spinesim.viz.figures import hyphened
from spinesim.viz.theme import themed

ANGLES_DEG = jnp.linspace(0.0, 70.0, 15)
GROUPS = (
    "multifidus_r", "longissimus_pars_thoracis_r", "iliocostalis_pars_lumborum_r", "gluteus_maximus_r",
    "hamstrings_r",
)  # fmt: skip


def main(picture: str = "flexion_sweep.png") -> None:
    """Solve the sweep and draw it."""
    model = ss.lumbar_model(sex="male", mass_kg=75, height_m=1.75)
    tasks = jax.vmap(lambda angle: ss.Task(ss.Posture.flexed(trunk_flexion_deg=angle)))(ANGLES_DEG)
    solution = eqx.filter_vmap(ss.solve, in_axes=(None, 0))(model, tasks)
    draw(solution.to_dataset(model, batch=("angle",)).assign_coords(angle=ANGLES_DEG)).savefig(picture)


@themed
def draw(ds) -> Figure:
    """Compression of every level and activation of the extensors; unsolved postures leave a gap."""
    held = ds.where(ds.status == "converged")
    page = Figure(figsize=(12, 5))
    discs, muscles = page.subplots(1, 2)
    for level in ds.level.values:
        discs.plot(ds.angle, held.disc_compression.sel(level=level), label=hyphened(level), lw=2)
    for group in GROUPS:
        muscles.plot(ds.angle, 100 * held.group_activation.sel(group=group), label=short(group[:-2]), lw=2)
    discs.set(xlabel="trunk flexion [deg]", ylabel="disc compression [N]", title="Discs", ylim=(0, None))
    muscles.set(xlabel="trunk flexion [deg]", ylabel="activation [%]", title="Muscles", ylim=(0, None))
    for ax in (discs, muscles):
        ax.grid(True)
        ax.legend()
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
