"""A crate of 10 kg held against the trunk and held out in front: the same weight, another back.

Run: python examples/load_close_and_far.py [picture.png]
"""

import sys

import equinox as eqx
import jax
import jax.numpy as jnp
from matplotlib.figure import Figure

import spinesim as ss
from spinesim.viz.figures import load_parts
from spinesim.viz.theme import themed

TASKS = {
    "no load": ss.task("standing"),
    "held close": ss.task("hold_close", hand_load_kg=10),
    "held far": ss.task("hold_far", hand_load_kg=10),
}


def main(picture: str = "load_close_and_far.png") -> None:
    """Solve the three cases and draw what presses on the L4-L5 disc."""
    model = ss.lumbar_model(sex="male", mass_kg=75, height_m=1.75)
    tasks = jax.tree.map(lambda *leaves: jnp.stack(leaves), *TASKS.values())
    solution = eqx.filter_vmap(ss.solve, in_axes=(None, 0))(model, tasks)
    draw(solution.to_dataset(model, batch=("case",)).assign_coords(case=list(TASKS))).savefig(picture)


@themed
def draw(ds) -> Figure:
    """Stacked parts of the compression."""
    page = Figure(figsize=(9, 4))
    ax = load_parts(page.subplots(), ds, along="case")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
