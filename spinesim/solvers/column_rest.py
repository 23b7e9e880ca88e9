"""Where a ligamentous column comes to rest under the loads of a bench, and how stiff it is there."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._record import Record, entry, quantity
from spinesim.models.anatomy import LIGAMENTS
from spinesim.models.disc import intradiscal_pressure, mid_disc_frame
from spinesim.models.facet import facet_forces, lamina_forces
from spinesim.models.ligament import strand_tension
from spinesim.models.mechanics import Tissues, joint_wrench, tissue_energies
from spinesim.models.se3 import about_z, exp_rotation, log_rotation
from spinesim.solvers.column import (
    BenchLoad,
    Column,
    Strain,
    internal_energy,
    level_energy,
    load_potential,
    posed,
    tissues_of,
)
from spinesim.solvers.implicit import with_implicit_gradient
from spinesim.solvers.minimum import Bottom, Descent, Valley, descend
from spinesim.solvers.solution import Status

#: Changes of the unknowns that count alike, and the largest unbalanced force [N] and moment [N m].
_UNIT = np.array([1e-3] * 3 + [0.03] * 3)
_TOLERANCE = np.array([1e-7] * 3 + [1e-9] * 3)
#: How far a follower cable may move in one trial [m].
REACH = 0.01


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
        return _taylor(lambda step: level_energy(tissues, step), strain)

    own = jax.vmap(inner)(tissues_of(column), point.reshape(-1, 6))
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
    wrench = jax.vmap(_tissue_wrenches)(tissues_of(column), rotation, shift)
    disc, _, facet = jnp.einsum("lba,ltkb->tlka", axes, wrench.reshape(*wrench.shape[:2], 2, 3))
    compression = disc[:, 0, 1]
    strands = jax.vmap(strand_tension)(column.ligaments, rotation, shift)
    which = np.array([[own == name for own in column.ligaments.ligament] for name in LIGAMENTS], float)
    return BenchState(
        rotation=jnp.einsum("lba,lb->la", tilt, strain[:, 3:]),
        translation=jnp.einsum("lba,lb->la", tilt, shift),
        top_rotation=log_rotation(posed(column, strain).rotation[-1]),
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
