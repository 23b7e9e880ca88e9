"""The ligamentous column on the bench: a run of motion segments under loads, muscles off.

The lowest body is held fast, every level has all six degrees of freedom. Every load has a potential, so
the column rests where the total energy has no slope, and its tangent stiffness is symmetric:

- a pure moment is conjugate to the rotation vector of the top body (in the plane: a moment of fixed axis);
- a dead force keeps its direction and follows its point;
- a follower load is the tension of a cable that runs without friction through a guide on every body, as
  Patwardhan et al. (1999, Spine 24:1003) rigged it. Across one segment it is an axial preload;
- a clamp turns the top body to a given angle, as the testing machine of a stiffness measurement does;
- rails let the top body move and turn in the frontal plane only (Crisco et al. 1992, Clin Biomech 7:27).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim._smooth import safe_norm
from spinesim.models.anatomy import LEVELS, Discs, Facets, Ligaments, Model
from spinesim.models.mechanics import Tissues, tissue_energies
from spinesim.models.se3 import exp_rotation, log_rotation

#: Six unknowns of a level: translation [m] and rotation vector [rad] of the body above, axes of that below.
Strain = Float[Array, "level 6"]
#: Stiffness of a testing machine [N m/rad] and of its rails [N/m]: a thousand times that of what they hold.
CLAMP, RAIL = 1e5, 1e7


class Column(Record):
    """A run of motion segments, lowest first, in the axes they share when unloaded."""

    discs: Discs
    ligaments: Ligaments
    facets: Facets
    joint: Float[Array, "level 3"] = quantity("m", "level", "axis")  # disc centre from the body below


class BenchLoad(Record):
    """What a bench does to a column; `base` axes are those of the body that is held."""

    moment: Float[Array, "3"] = quantity("N m", "axis")  # on the top body, base axes
    force: Float[Array, "3"] = quantity("N", "axis")  # through the centre of the top body, base axes
    follower: Float[Array, ""] = quantity("N")
    offset: Float[Array, "level"] = quantity("m", "level")  # of the follower cable in front of each disc
    clamp: Float[Array, "3"] = quantity("N m/rad", "axis")  # stiffness of what holds the top body's turns
    rail: Float[Array, ""] = quantity("N/m")  # stiffness of what keeps its centre from going fore and aft
    turned: Float[Array, "3"] = quantity("rad", "axis")  # rotation vector it turns to, base axes


class Poses(NamedTuple):
    """Where the bodies of a column are."""

    rotation: Float[Array, "body 3 3"]  # of every body from the base up, base axes
    origin: Float[Array, "body 3"]


def column(model: Model, lowest: str = "L5S1", highest: str = "L1L2") -> Column:
    """The levels of a model from `lowest` to `highest`, cut out of the body."""
    first, last = LEVELS.index(lowest), LEVELS.index(highest) + 1
    tissues = (model.discs, model.ligaments, model.facets)
    discs, ligaments, facets = jax.tree.map(lambda leaf: leaf[first:last], tissues)
    return Column(discs, ligaments, facets, model.bodies.joint[first + 1 : last + 1])


def bench_load(
    column: Column,
    *,
    moment: Float[Array, "3"] | None = None,
    force: Float[Array, "3"] | None = None,
    follower: Float[Array, ""] | float = 0.0,
    offset: Float[Array, "level"] | None = None,
    turned: Float[Array, "3"] | None = None,
    railed: bool = False,
) -> BenchLoad:
    """Loads on a column; what is not given is zero.

    Args:
        column: what is loaded.
        moment: pure moment on the top body [N m].
        force: dead force through the centre of the top body [N].
        follower: tension of the follower cable [N].
        offset: how far in front of each disc's centre the cable passes [m]; see `along_path`.
        turned: rotation vector at which a machine holds the top body [rad]; free if not given.
        railed: whether the top body moves in the frontal plane only.
    """
    held = np.ones(3) if turned is not None else np.array([0.0, 1.0, 1.0]) * railed
    return BenchLoad(
        moment=jnp.zeros(3) if moment is None else moment,
        force=jnp.zeros(3) if force is None else force,
        follower=jnp.asarray(follower, float),
        offset=jnp.zeros(len(column.joint)) if offset is None else offset,
        clamp=jnp.asarray(CLAMP * held),
        rail=jnp.asarray(RAIL * railed),
        turned=jnp.zeros(3) if turned is None else turned,
    )


def internal_energy(column: Column, strain: Strain) -> Float[Array, ""]:
    """Energy stored in all tissues [J]."""
    return jnp.sum(jax.vmap(level_energy)(tissues_of(column), strain))


def load_potential(column: Column, load: BenchLoad, strain: Strain) -> Float[Array, ""]:
    """Potential of the loads [J]: minus the work they have done."""
    poses = posed(column, strain)
    top = poses.origin[-1] + poses.rotation[-1] @ _centres(column)[-1]
    guide = poses.origin + jnp.einsum("bij,bj->bi", poses.rotation, _guides(column, load.offset))
    cable = jnp.sum(safe_norm(jnp.diff(guide, axis=0)))
    turned = log_rotation(poses.rotation[-1])
    missed = turned - load.turned
    held = load.clamp @ missed**2 / 2
    ahead = (top - (jnp.sum(column.joint, axis=0) + _centres(column)[-1]))[0]
    railed = load.rail * ahead**2 / 2
    return load.follower * cable + held + railed - load.force @ top - load.moment @ turned


def level_energy(tissues: Tissues, strain: Float[Array, "6"]) -> Float[Array, ""]:
    """Energy stored in the tissues of one level [J]."""
    return jnp.sum(tissue_energies(tissues, exp_rotation(strain[3:]), strain[:3]))


def tissues_of(column: Column) -> Tissues:
    """Stacked over levels, as `tissue_energies` takes those of one."""
    return column.discs, column.ligaments, column.facets


def posed(column: Column, strain: Strain) -> Poses:
    """Where every body is."""
    turns = jax.vmap(exp_rotation)(strain[:, 3:])
    links = column.joint + strain[:, :3]
    rotation, origin = [jnp.eye(3)], [jnp.zeros(3)]
    for level in range(len(column.joint)):
        origin.append(origin[level] + rotation[level] @ links[level])
        rotation.append(rotation[level] @ turns[level])
    return Poses(jnp.stack(rotation), jnp.stack(origin))


def _centres(column: Column) -> Float[Array, "body 3"]:
    """Centre of each body: between its discs; beyond the ends as far from the disc as its neighbour."""
    between = column.joint[1:] / 2
    end = jnp.array([0.0, 0.018, 0.0])
    return jnp.stack([column.joint[0] - end, *between, end])


def _guides(column: Column, offset: Float[Array, "level"]) -> Float[Array, "body 3"]:
    """Guides beside the centres of the bodies, so that the cable passes each disc at its offset.

    A disc is passed midway between the guides of its bodies; of all guides that do so, the nearest.
    """
    centre, count = _centres(column), len(column.joint)
    halves = (np.eye(count, count + 1) + np.eye(count, count + 1, 1)) / 2
    reach = column.joint[1:] / 2  # from a body's lower disc to its centre, and on to its upper disc
    below = jnp.concatenate([centre[:1] - column.joint[:1], -reach])
    above = jnp.concatenate([reach, centre[-1:]])
    passed = (below + above)[:, 0] / 2
    ahead = jnp.asarray(np.linalg.pinv(halves)) @ (offset - passed)
    return centre.at[:, 0].add(ahead)
