"""One motion segment on the bench: disc, ligaments and facets of a level under a load, for the tests."""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from spinesim.models.anatomy import LEVELS, Discs, Facets, Ligaments
from spinesim.models.build import lumbar_model
from spinesim.models.disc import disc_energy, mid_disc_frame
from spinesim.models.facet import facet_energies
from spinesim.models.ligament import ligament_energies
from spinesim.models.se3 import about_z, exp_rotation, log_rotation

MODEL = lumbar_model()
FREE, HELD = jnp.zeros(6), jnp.array([0.0, 0, 0, 1, 1, 1])


class Segment(NamedTuple):
    disc: Discs
    ligaments: Ligaments
    facets: Facets


class Pose(NamedTuple):
    rotation: jax.Array
    translation: jax.Array
    imbalance: jax.Array  # largest component of what is left of the load [N, N m]


def segment(level):
    """The intact segment of a level."""
    parts = Segment(MODEL.discs, MODEL.ligaments, MODEL.facets)
    return jax.tree.map(lambda x: x[LEVELS.index(level)], parts)


def isolated_disc(level):
    """The same segment with its posterior elements and ligaments removed."""
    whole = segment(level)
    return eqx.tree_at(
        lambda s: (s.ligaments.stiffness, s.facets.stiffness, s.facets.lamina_stiffness),
        whole,
        replace_fn=jnp.zeros_like,
    )


def energy(seg, rotation, translation):
    return (
        disc_energy(seg.disc, rotation, translation)
        + jnp.sum(ligament_energies(seg.ligaments, rotation, translation))
        + jnp.sum(facet_energies(seg.facets, rotation, translation))
    )


def moved(step, rotation, translation):
    """A pose after a small translation and a small rotation, both in lower axes."""
    return exp_rotation(step[3:]) @ rotation, translation + step[:3]


@eqx.filter_jit
def resistance(seg, rotation, translation):
    """Force and moment that hold the upper body in a pose."""
    return jax.grad(lambda step: energy(seg, *moved(step, rotation, translation)))(jnp.zeros(6))


@eqx.filter_jit
def hessian(seg, rotation, translation):
    """How that force and moment change with a small step."""
    return jax.jacfwd(lambda step: resistance(seg, *moved(step, rotation, translation)))(jnp.zeros(6))


def tilted(seg, vector):
    """A vector given in the axes of the unbent disc, in lower axes."""
    return about_z(seg.disc.tilt) @ jnp.asarray(vector, float)


@eqx.filter_jit
def settle(seg, compression, moment, start, held=FREE, steps=40):
    """Balance a follower compression [N] and a moment [N m, axes of the unbent disc] by Newton steps."""

    def residual(step, rotation, translation):
        rotation, translation = moved(step, rotation, translation)
        axis = mid_disc_frame(seg.disc, rotation)[:, 1]
        load = jnp.concatenate([-compression * axis, tilted(seg, moment)])
        return (resistance(seg, rotation, translation) - load) * (1 - held)

    def newton(_, pose):
        rest = partial(residual, rotation=pose[0], translation=pose[1])
        left, push = jax.linearize(rest, jnp.zeros(6))
        step = -jnp.linalg.solve(jax.vmap(push, out_axes=1)(jnp.eye(6)) + jnp.diag(held), left)
        reach = jnp.abs(step) / jnp.array([7e-4] * 3 + [0.04] * 3)
        return moved(step / jnp.maximum(1.0, jnp.max(reach)), *pose)

    rotation, translation = jax.lax.fori_loop(0, steps, newton, (start, jnp.zeros(3)))
    left = residual(jnp.zeros(6), rotation, translation)
    return Pose(rotation, translation, jnp.max(jnp.abs(left)))


def loaded(seg, compression=0.0, moment=(0.0, 0.0, 0.0)):
    """Pose of a free segment under a load."""
    pose = settle(seg, jnp.array(compression), jnp.array(moment, float), jnp.eye(3))
    assert pose.imbalance < 1e-6
    return pose


def turned(seg, angles_deg, compression=0.0):
    """Pose of a segment held at a rotation vector (axes of the unbent disc), free to translate."""
    start = exp_rotation(tilted(seg, jnp.deg2rad(jnp.asarray(angles_deg, float))))
    pose = settle(seg, jnp.array(compression), jnp.zeros(3), start, HELD)
    assert pose.imbalance < 1e-6
    return pose


def bend_deg(seg, pose):
    """Rotation vector of a pose in the axes of the unbent disc, degrees."""
    return jnp.rad2deg(about_z(seg.disc.tilt).T @ log_rotation(pose.rotation))
