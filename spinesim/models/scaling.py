"""From the man of the tables to a person: geometry, mass and area grown by their own laws.

Lengths scale with stature, masses with body mass, areas (PCSA, discs) with mass^(2/3).

The lumbar spine of the tables is short (L5/S1 to T12/L1 0.162 m; 0.18-0.19 m is usual at 1.75 m, and
the disc area of 14.65 cm^2 meets the 18 cm^2 of the subject of Wilke et al. (1999, Spine 24:755) after
a factor of 1.12 squared). `lumbar` scales the geometry on L1 to L5 isotropically; trunk muscle
attachments behind the adjacent joint centre move back from it by the same factor (erector spinae arms
of 42-48 mm against 55-60 mm on images). What spans the waist without being bone (the abdominal
follower, the girdle points of transversus) keeps its share of the lumbar height.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from spinesim.models.anatomy import BODIES, PARENTS
from spinesim.models.tables import Table, load

ABDOMEN, PELVIS, THORAX = (BODIES.index(name) for name in ("abdomen", "pelvis", "thorax"))
#: The lumbar vertebrae, as rows of BODIES.
LUMBAR = tuple(range(PELVIS + 1, THORAX))
Points = Float[np.ndarray, "point 3"]
Owner = Int[np.ndarray, "point"]
Choice = Bool[np.ndarray, "point"]


@dataclass(frozen=True)
class Scale:
    """Factors from the tables to a person."""

    length: float
    mass: float
    lumbar: float  # of the lumbar spine, on top of `length`

    @property
    def area(self) -> float:
        """Areas follow body mass as in geometrically similar people."""
        return self.mass ** (2 / 3)


def body_index(table: Table) -> Owner:
    """Index in BODIES of the body that each row of a table names."""
    return table.places("body", BODIES)


def joint_centres(lumbar: float = 1.0) -> Float[np.ndarray, "body 3"]:
    """Joint centres in the parent frames, lumbar spine lengthened by `lumbar`, before stature [m].

    The height of the abdominal follower above L5 stretches with the spine; its depth does not.
    """
    tabulated = load("bodies").numbers("jx", "jy", "jz")
    centres = lengthen(tabulated, np.array(PARENTS), lumbar)
    centres[ABDOMEN, 0] = tabulated[ABDOMEN, 0]
    return centres


def lengthen(points: Points, body: Owner, factor: float) -> Points:
    """Points on L1 to L5, and the height of those on the abdominal follower, scaled by `factor` [m]."""
    stretch = np.ones_like(points)
    stretch[np.isin(body, LUMBAR)] = factor
    stretch[body == ABDOMEN, 1] = factor
    return points * stretch


def lengthen_muscles(points: Points, body: Owner, trunk: Choice, girdle: Choice, factor: float) -> Points:
    """Path points with the lumbar spine lengthened by `factor`, before stature [m].

    `trunk` are points of trunk muscles, `girdle` those that hang between the bones of the waist.
    """
    points = lengthen(points, body, factor)
    for root, joint in ((PELVIS, joint_centres()[LUMBAR[0]]), (THORAX, np.zeros(3))):
        arm = points - joint
        here = body == root
        points[:, 0] += (factor - 1) * np.where(here & trunk & (arm[:, 0] < 0), arm[:, 0], 0.0)
        points[:, 1] += (factor - 1) * np.where(here & girdle, arm[:, 1], 0.0)
    return points


def landmarks(scale: Scale, *names: str) -> Float[np.ndarray, "name 3"]:
    """Named points of the skeleton in their body frames, for one person [m]."""
    table = load("landmarks")
    every = np.ones(len(table), dtype=bool)
    points = lengthen_muscles(table.numbers("x", "y", "z"), body_index(table), every, ~every, scale.lumbar)
    known = table.names("name")
    return points[[known.index(name) for name in names]] * scale.length


def neutral_origins(joint: Float[np.ndarray, "body 3"]) -> Float[np.ndarray, "body 3"]:
    """Origins of all bodies in pelvis axes with every rotation zero [m]."""
    origins = np.zeros_like(joint)
    for body, parent in list(enumerate(PARENTS))[1:]:
        origins[body] = origins[parent] + joint[body]
    return origins


def path_lengths(points: Points, owner: Owner) -> Float[np.ndarray, "fascicle"]:
    """Length of each polyline; points of one `owner` follow each other, owners count from zero [m]."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return np.bincount(owner[1:], steps * (owner[1:] == owner[:-1]))
