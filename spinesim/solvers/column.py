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

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._record import Record, entry, quantity
from spinesim._smooth import safe_norm
from spinesim.models.anatomy import LEVELS, LIGAMENTS, Discs, Facets, Ligaments, Model
from spinesim.models.disc import intradiscal_pressure, mid_disc_frame
from spinesim.models.facet import facet_forces, lamina_forces
from spinesim.models.ligament import strand_tension
from spinesim.models.mechanics import Tissues, joint_wrench, tissue_energies
from spinesim.models.se3 import about_z, exp_rotation, log_rotation
from spinesim.solvers.implicit import with_implicit_gradient
from spinesim.solvers.minimum import Bottom, Descent, Valley, descend
from spinesim.solvers.solution import Status

#: Six unknowns of a level: translation [m] and rotation vector [rad] of the body above, axes of that below.
Strain = Float[Array, "level 6"]
#: Changes of the unknowns that count alike, and the largest unbalanced force [N] and moment [N m].
_UNIT = np.array([1e-3] * 3 + [0.03] * 3)
_TOLERANCE = np.array([1e-7] * 3 + [1e-9] * 3)
#: Stiffness of a testing machine [N m/rad] and of its rails [N/m]: a thousand times that of what they hold.
CLAMP, RAIL = 1e5, 1e7
#: How far a follower cable may move in one trial [m].
REACH = 0.01


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


class BenchState(Record):
    """A column at rest under a load; rotation vectors and loads in the axes of the level's disc.

    Disc loads are what the disc carries: force on the upper body, compression pressing it down, anterior
    shear pushing it forward, lateral shear to the right.
    """

    rotation: Float[Array, "level 3"] = quantity("rad", "level", "axis")
    translation: Float[Array, "level 3"] = quantity("m", "level", "axis")
    top_rotation: Float[Array, "3"] = quantity("rad", "axis")  # of the top body, base axes
    disc_compression: Float[Array, "level"] = quantity("N", "level")
    disc_anterior_shear: Float[Array, "level"] = quantity("N", "level")
    disc_lateral_shear: Float[Array, "level"] = quantity("N", "level")
    disc_moment: Float[Array, "level 3"] = quantity("N m", "level", "axis")
    intradiscal_pressure: Float[Array, "level"] = quantity("Pa", "level")
    facet_force: Float[Array, "level side"] = quantity("N", "level", "side")
    lamina_force: Float[Array, "level side"] = quantity("N", "level", "side")
    facet_share: Float[Array, "level"] = quantity("1", "level")  # of what disc, facets and laminae carry
    ligament_force: Float[Array, "ligament level"] = quantity("N", "ligament", "level")
    energy: Float[Array, ""] = quantity("J")  # stored in the tissues
    least_stiffness: Float[Array, ""] = quantity("N m/rad")  # least eigenvalue, discs free to translate
    least_lateral_stiffness: Float[Array, ""] = quantity("N m/rad")  # out of the sagittal plane only
    extension_stiffness: Float[Array, "level level_b"] = quantity("N m/rad", "level", "level_b")
    strain: Strain = quantity("m, rad", "level", "component")
    steps: Int[Array, ""] = quantity("1")
    status: Status = entry(Status)


class _Poses(NamedTuple):
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


@eqx.filter_jit
def settle(
    column: Column, load: BenchLoad, guess: Strain | None = None, *, method: Descent | None = None
) -> BenchState:
    """The column at rest under a load, by descent from `guess` or from the unloaded shape.

    Differentiable in every number of the column and the load; `jax.vmap` solves a batch. A column
    that stays symmetric may rest on a ridge: it has buckled if `least_stiffness` is not positive.
    """
    method = Descent() if method is None else method
    guess = jnp.zeros((len(column.joint), 6)) if guess is None else guess
    frozen = jax.lax.stop_gradient((column, load))
    unit, tolerance = (jnp.asarray(np.tile(row, len(column.joint))) for row in (_UNIT, _TOLERANCE))
    end = descend(lambda point: _survey(*frozen, point), guess.ravel(), unit, tolerance, method)
    root = with_implicit_gradient(_slope, _curvature, end.valley.point, (column, load))
    return _state(column, _survey(column, load, root), end)


class Followed(NamedTuple):
    """A column unloaded, under its follower load alone, and under all of its load."""

    rest: BenchState
    alone: BenchState
    loaded: BenchState
    offset: Float[Array, "level"]


class _Trial(NamedTuple):
    offset: Float[Array, "level"]
    rest: Float[Array, "level"]  # extension of the levels without load


@eqx.filter_jit
def along_path(column: Column, load: BenchLoad, *, trials: int = 6) -> Followed:
    """The column under a load whose follower cable runs where it alone turns no level.

    The offsets in `load` are where the search starts. A cable that passes a disc off its centre bends it
    with tension times offset, so a rotation times the bending stiffness says how far the cable must move.
    The cable then keeps its guides while the rest of the load comes on.
    """

    def stage(share: Float[Array, "2"], offset: Float[Array, "level"]) -> BenchLoad:
        given, follower = share
        scaled = jax.tree.map(lambda leaf: given * leaf, load)
        return replace(scaled, follower=follower * load.follower, offset=offset, turned=load.turned)

    def trial(carry: _Trial, share: Float[Array, "2"]) -> tuple[_Trial, BenchState]:
        state = settle(column, stage(share, carry.offset))
        extension = state.rotation[:, 2]
        rest = jnp.where(share[1] > 0, carry.rest, extension)
        tension = share[1] * load.follower
        slack = tension <= 0
        moment = state.extension_stiffness @ (extension - rest)
        move = jnp.where(slack, 0.0, moment / jnp.where(slack, 1.0, tension))
        last = share[0] > 0
        offset = jnp.where(last, carry.offset, carry.offset + jnp.clip(move, -REACH, REACH))
        return _Trial(offset, rest), state

    shares = jnp.array([[0.0, 0.0]] + [[0.0, 1.0]] * trials + [[1.0, 1.0]])
    start = _Trial(load.offset, jnp.zeros(len(column.joint)))
    end, states = jax.lax.scan(trial, start, shares)
    rest, alone, loaded = (jax.tree.map(lambda leaf, at=at: leaf[at], states) for at in (0, -2, -1))
    return Followed(rest, alone, loaded, end.offset)


def internal_energy(column: Column, strain: Strain) -> Float[Array, ""]:
    """Energy stored in all tissues [J]."""
    return jnp.sum(jax.vmap(_level_energy)(_tissues(column), strain))


def load_potential(column: Column, load: BenchLoad, strain: Strain) -> Float[Array, ""]:
    """Potential of the loads [J]: minus the work they have done."""
    poses = _poses(column, strain)
    top = poses.origin[-1] + poses.rotation[-1] @ _centres(column)[-1]
    guide = poses.origin + jnp.einsum("bij,bj->bi", poses.rotation, _guides(column, load.offset))
    cable = jnp.sum(safe_norm(jnp.diff(guide, axis=0)))
    turned = log_rotation(poses.rotation[-1])
    missed = turned - load.turned
    held = load.clamp @ missed**2 / 2
    ahead = (top - (jnp.sum(column.joint, axis=0) + _centres(column)[-1]))[0]
    railed = load.rail * ahead**2 / 2
    return load.follower * cable + held + railed - load.force @ top - load.moment @ turned


def _level_energy(tissues: Tissues, strain: Float[Array, "6"]) -> Float[Array, ""]:
    return jnp.sum(tissue_energies(tissues, exp_rotation(strain[3:]), strain[:3]))


def _tissues(column: Column) -> Tissues:
    return column.discs, column.ligaments, column.facets


def _poses(column: Column, strain: Strain) -> _Poses:
    turns = jax.vmap(exp_rotation)(strain[:, 3:])
    links = column.joint + strain[:, :3]
    rotation, origin = [jnp.eye(3)], [jnp.zeros(3)]
    for level in range(len(column.joint)):
        origin.append(origin[level] + rotation[level] @ links[level])
        rotation.append(rotation[level] @ turns[level])
    return _Poses(jnp.stack(rotation), jnp.stack(origin))


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


def _total(column: Column, load: BenchLoad, strain: Strain) -> Float[Array, ""]:
    return internal_energy(column, strain) + load_potential(column, load, strain)


def _slope(point: Float[Array, "n"], args: tuple[Column, BenchLoad]) -> Float[Array, "n"]:
    return jax.grad(lambda strain: _total(*args, strain))(point.reshape(-1, 6)).ravel()


def _curvature(point: Float[Array, "n"], args: tuple[Column, BenchLoad]) -> Float[Array, "n n"]:
    return _survey(*args, point).hessian


def _survey(column: Column, load: BenchLoad, point: Float[Array, "n"]) -> Valley:
    """Energy, slope and curvature; levels share no tissue, so theirs stands on the diagonal."""
    levels = len(column.joint)

    def outer(flat: Float[Array, "n"]) -> Float[Array, ""]:
        return load_potential(column, load, flat.reshape(-1, 6))

    def inner(tissues: Tissues, strain: Float[Array, "6"]) -> Taylor:
        return _taylor(lambda step: _level_energy(tissues, step), strain)

    own = jax.vmap(inner)(_tissues(column), point.reshape(-1, 6))
    given = _taylor(outer, point)
    diagonal = jnp.einsum("lab,lk->lakb", own.hessian, jnp.eye(levels)).reshape(point.size, point.size)
    return Valley(
        point=point,
        energy=jnp.sum(own.value) + given.value,
        gradient=own.gradient.ravel() + given.gradient,
        hessian=diagonal + given.hessian,
    )


class Taylor(NamedTuple):
    """A scalar function to second order."""

    value: Float[Array, ""]
    gradient: Float[Array, "n"]
    hessian: Float[Array, "n n"]


def _taylor(function: Callable[[Float[Array, "n"]], Float[Array, ""]], at: Float[Array, "n"]) -> Taylor:
    def slope(point: Float[Array, "n"]) -> tuple[Float[Array, "n"], tuple[Array, Array]]:
        value, gradient = jax.value_and_grad(function)(point)
        return gradient, (value, gradient)

    hessian, (value, gradient) = jax.jacfwd(slope, has_aux=True)(at)
    return Taylor(value, gradient, hessian)


def _state(column: Column, valley: Valley, end: Bottom) -> BenchState:
    strain = valley.point.reshape(-1, 6)
    rotation = jax.vmap(exp_rotation)(strain[:, 3:])
    shift, levels = strain[:, :3], len(column.joint)
    bending = _bending(valley.hessian)
    tilt = jax.vmap(about_z)(column.discs.tilt)
    axes = jax.vmap(mid_disc_frame)(column.discs, rotation)
    wrench = jax.vmap(_tissue_wrenches)(_tissues(column), rotation, shift)
    disc, _, facet = jnp.einsum("lba,ltkb->tlka", axes, wrench.reshape(*wrench.shape[:2], 2, 3))
    compression = disc[:, 0, 1]
    strands = jax.vmap(strand_tension)(column.ligaments, rotation, shift)
    which = np.array([[own == name for own in column.ligaments.ligament] for name in LIGAMENTS], float)
    return BenchState(
        rotation=jnp.einsum("lba,lb->la", tilt, strain[:, 3:]),
        translation=jnp.einsum("lba,lb->la", tilt, shift),
        top_rotation=log_rotation(_poses(column, strain).rotation[-1]),
        disc_compression=compression,
        disc_anterior_shear=-disc[:, 0, 0],
        disc_lateral_shear=-disc[:, 0, 2],
        disc_moment=-disc[:, 1],
        intradiscal_pressure=jax.vmap(intradiscal_pressure)(column.discs, compression),
        facet_force=jax.vmap(facet_forces)(column.facets, rotation, shift),
        lamina_force=jax.vmap(lamina_forces)(column.facets, rotation, shift),
        facet_share=facet[:, 0, 1] / (facet[:, 0, 1] + compression),
        ligament_force=jnp.asarray(which) @ strands.T,
        energy=internal_energy(column, strain),
        least_stiffness=jnp.linalg.eigvalsh(bending)[0],
        least_lateral_stiffness=jnp.linalg.eigvalsh(bending[_lateral(levels)])[0],
        extension_stiffness=bending[2::3, 2::3],
        strain=strain,
        steps=end.steps,
        status=_status(end),
    )


def _tissue_wrenches(
    tissues: Tissues, rotation: Float[Array, "3 3"], shift: Float[Array, "3"]
) -> Float[Array, "tissue 6"]:
    return joint_wrench(lambda r, t: tissue_energies(tissues, r, t), rotation, shift)


def _bending(hessian: Float[Array, "n n"]) -> Float[Array, "m m"]:
    """Stiffness of the rotations alone, the translations giving way [N m/rad]."""
    half = hessian.shape[0] // 2
    pairs = hessian.reshape(half // 3, 2, 3, half // 3, 2, 3).transpose(1, 4, 0, 2, 3, 5)
    (shift, mixed), (_, turn) = pairs.reshape(2, 2, half, half)
    return turn - mixed.T @ jnp.linalg.solve(shift, mixed)


def _lateral(levels: int) -> tuple[np.ndarray, ...]:
    """Rows and columns of the rotations that a symmetric column does not take up by itself."""
    return np.ix_(*[[3 * level + axis for level in range(levels) for axis in (0, 1)]] * 2)


def _status(end: Bottom) -> Status:
    finite = jnp.isfinite(end.valley.energy)
    status = Status.where(end.converged, Status.converged, Status.out_of_steps)
    return Status.where(finite, status, Status.nonfinite)
