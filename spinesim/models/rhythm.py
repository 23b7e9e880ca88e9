"""Lumbopelvic rhythm: how the pelvis and the six levels share a movement of the trunk."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models import tables
from spinesim.models.anatomy import LEVELS


def _shares(motion: str) -> Float[np.ndarray, "level"]:
    """Share of each level in one motion: its range over the range of all six."""
    rows = tables.load("rhythm").where("motion", motion)
    ranges = dict(zip(rows.names("level"), rows.numbers("range_deg"), strict=True))
    whole = np.array([ranges[level] for level in LEVELS])
    return whole / whole.sum()


FLEXION = _shares("flexion")
EXTENSION = _shares("extension")
BENDING = _shares("bending")
ROTATION = _shares("rotation")


def lumbar_share(trunk_flexion: Float[Array, ""]) -> Float[Array, ""]:
    """Share of the lumbar spine (T12-S1) in the inclination of the trunk from upright [1].

    The measured lumbar-to-pelvic ratios of a whole inclination r, 2.51 within 0-30 degrees and 1.34
    within 90-120 (Tafazzol et al. 2014, Clin Biomech 29:7), give shares r / (1 + r); the share falls
    linearly with the angle between and beyond the two. At the full 113 degrees that leaves 63 to the
    lumbar spine and 50 to the pelvis, where the same men reached 60 (SD 9) and 53 (SD 5). Read as
    ratios of increments they would ask for 73 and 40, which contradicts those maxima. Extension keeps
    the share of the upright trunk; valid from -30 to 120 degrees.
    """
    rows = tables.load("lumbopelvic")
    (early, late), ratio = rows.numbers("trunk_flexion_deg"), rows.numbers("lumbar_over_pelvic")
    first, last = ratio / (1 + ratio)
    forward = jnp.maximum(trunk_flexion, 0.0)
    return first + (last - first) * (forward - early) / (late - early)


def spread(
    flexion: Float[Array, ""], bending: Float[Array, ""], rotation: Float[Array, ""]
) -> Float[Array, "level 3"]:
    """Joint angles of the levels for a whole lumbar movement [rad], in shares of their ranges.

    `flexion` forward, `bending` to the right and `rotation` to the left, of the thorax relative to
    the pelvis, counted from the tabulated neutral. Flexion and extension of L1-S1 after Yamamoto et al.
    (1989, Spine 14:1256), whose levels all carried the same 10 N m. In living men Pearcy et al. (1984, Spine
    9:294) found no consistent pattern at L5/S1, some extending it more than flexing it, and at L3-L5 an
    extension within his error; his mean flexion (L5/S1 9 degrees, L4/L5 13) would bend L4/L5 twice as hard as
    L5/S1, which only muscles at full strength against each other could hold. Bending and rotation after White
    and Panjabi (1990, Clinical Biomechanics of the Spine). Linear up to those ranges; where flexion turns
    into extension the shares change.
    """
    forward, backward = jnp.maximum(flexion, 0.0), jnp.minimum(flexion, 0.0)
    extension = -(forward * FLEXION + backward * EXTENSION)
    return jnp.stack([bending * BENDING, rotation * ROTATION, extension], axis=-1)
