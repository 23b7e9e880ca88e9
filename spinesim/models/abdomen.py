"""Intra-abdominal pressure: made by the abdominal wall, pushing diaphragm and pelvic floor apart.

The wall makes p = sum_i gain_i max_force_i a_i (Laplace's law for a hoop of muscle). The pressure acts
on the spine as struts, so that action and reaction hold exactly: a straight one from the pelvic
floor to the diaphragm, whose offset from the discs is the extension moment, or one that follows the
disc centres, which unloads without bending (Stokes et al. 2010, Clin Biomech 25:859); and as tension
along the thoracolumbar fascia (Macintosh, Bogduk and Gracovetsky 1987, Clin Biomech 2:78). Each effect
has its switch in `Abdomen`.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.kinematics import Frames, at
from spinesim.models.paths import Segments

_CHAIN = np.arange(len(LEVELS) + 1)  # pelvis .. thorax
_PELVIS, _THORAX = int(_CHAIN[0]), int(_CHAIN[-1])


def pressure_struts(model: Model, frames: Frames, owner: int) -> Segments:
    """Segments that pull with `weight` newtons per pascal; struts push, so theirs is negative.

    `owner` is the row of the pressure beside those of the fascicles.
    """
    abdomen = model.abdomen
    floor = at(frames, (_PELVIS,), abdomen.pelvic_floor[None])
    dome = at(frames, (_THORAX,), abdomen.diaphragm[None])
    centres = frames.origin[_CHAIN[1:]]
    tips = at(frames, tuple(_CHAIN.tolist()), abdomen.fascia_path)
    straight, follower = abdomen.extension, abdomen.unloading - abdomen.extension
    area, pull = abdomen.diaphragm_area, abdomen.fascia * abdomen.fascia_force_per_pressure
    steps = len(LEVELS)
    return Segments(
        start_body=(_PELVIS, *_CHAIN[:-1].tolist(), *_CHAIN[:-1].tolist()),
        end_body=(_THORAX, *_CHAIN[1:].tolist(), *_CHAIN[1:].tolist()),
        fascicle=(owner,) * (1 + 2 * steps),
        start=jnp.concatenate([floor, floor, centres[:-1], tips[:-1]]),
        end=jnp.concatenate([dome, centres, tips[1:]]),
        weight=jnp.concatenate(
            [
                jnp.stack([-area * straight]),
                jnp.full(steps, -area * follower),
                jnp.full(steps, pull),
            ]
        ),
        constant=jnp.zeros(1),
    )


def pressure_gain(model: Model) -> Float[Array, "fascicle"]:
    """Pressure per activation of each fascicle [Pa]."""
    return model.abdomen.gain * model.fascicles.max_force
