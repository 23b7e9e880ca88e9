"""Hip flexors that stop the hip 15 degrees early: how far do they turn the pelvis, and what do discs carry?

The posture is not given but predicted; half a newton metre turns no pelvis.
Run: python examples/tight_hip_flexors.py [picture.png]
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import spinesim as ss
from spinesim.viz.theme import themed

SEVERITY = (0.0, 0.5, 1.0)


def main(picture: str = "tight_hip_flexors.png") -> None:
    """Predict how the body stands from healthy to severe, and draw it."""
    model = ss.lumbar_model(sex="male", mass_kg=75, height_m=1.75)

    cases = [ss.scenario("tight_hip_flexors", severity) for severity in SEVERITY]
    bodies = [case.apply(model) for case in cases]
    predicted = [ss.predict_posture(body, case.task) for body, case in zip(bodies, cases, strict=True)]
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *predicted)
    ds = together.to_dataset(model, batch=("severity",)).assign_coords(severity=list(SEVERITY))
    draw(ds, [float(ss.passive_hip_moment(body, 0.0)[0]) for body in bodies]).savefig(picture)


@themed
def draw(ds, hip) -> Figure:
    """The chain from the hip to the disc, link by link."""
    page = Figure(figsize=(14, 4.4))
    torque, angles, discs, facets = page.subplots(1, 4)
    torque.plot(ds.severity, hip, lw=2)
    torque.set(title="Passive moment of a\nstraight hip [N m]")
    for name in ("sacral_slope", "lumbar_lordosis"):
        angles.plot(ds.severity, np.degrees(ds[name] - ds[name][0]), lw=2, label=name.replace("_", " "))
    angles.set(title="Change of posture [deg]", ylim=(-1, 1))
    for level in ("L5S1", "L4L5", "L3L4"):
        load = ds.disc_compression.sel(level=level)
        discs.plot(ds.severity, load - load[0], lw=2, label=level)
        facets.plot(ds.severity, ds.facet_force.sel(level=level).sum("side"), lw=2, label=level)
    discs.set(title="Change of disc compression [N]")
    facets.set(title="Force of both facets [N]", ylim=(0, None))
    for ax in (torque, angles, discs, facets):
        ax.set_xlabel("severity")
        ax.grid(True)
    for ax in (angles, discs, facets):
        ax.legend()
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
