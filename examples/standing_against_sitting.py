"""Standing against sitting: what presses on the disc, and which muscles work.

Run: python examples/standing_against_sitting.py [picture.png]
"""

import sys

import equinox as eqx
import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

import spinesim as ss
from spinesim.viz.figures import activity, load_parts
from spinesim.viz.theme import themed

POSTURES = ("standing", "sitting", "sitting_relaxed", "sitting_forward", "slouched")


def main(picture: str = "standing_against_sitting.png") -> None:
    """Solve the postures and draw them."""
    model = ss.lumbar_model(sex="female", mass_kg=62, height_m=1.66)
    tasks = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(ss.task, POSTURES))
    solution = eqx.filter_vmap(ss.solve, in_axes=(None, 0))(model, tasks)
    ds = solution.to_dataset(model, batch=("posture",)).assign_coords(posture=list(POSTURES))
    draw(ds).savefig(picture)


@themed
def draw(ds) -> Figure:
    """Parts of the compression above, muscles below."""
    page = Figure(figsize=(11, 8.5))
    above, below = page.subplots(2, 1)
    load_parts(above, ds).legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    activity(below, ds)
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
