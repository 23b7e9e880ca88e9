"""Facet joints: frictionless contact of the upper vertebra's articular surfaces with the lower one's.

Each side has several contact points that share its stiffness as springs in parallel. A point of the
upper surface meets the plane through its partner on the lower surface, perpendicular to the upper
surface's normal: the normal rides with the upper body, so the plane turns with it. The depth of a
point beyond the resting gap goes through `ramp`: no force at all before contact, cartilage that
beds in over `toe`, then a straight line. No capsule tension is included; the capsule (FC) is among the
ligaments.

When the disc sinks or bends backwards the tip of the inferior articular process comes to stand on the
lamina below (Adams and Hutton 1980, J Bone Joint Surg Br 62:358; Yang and King 1984, Spine 9:557; Dunlop
et al. 1984, J Bone Joint Surg Br 66:706). That is a contact of its own on each side, across the disc's
plane, of the same law with its own gap and stiffness: steep articular surfaces alone can carry hardly any
of a compression.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._smooth import ramp, ramp_integral, ramp_slope
from spinesim.models.anatomy import Facets
from spinesim.models.se3 import Rotation, Vector, hat, wrench_of


def facet_depths(facets: Facets, rotation: Rotation, translation: Vector) -> Float[Array, "side point"]:
    """How deep each contact point has sunk into the opposite surface [m]; negative while apart."""
    offset = translation + facets.upper_point @ rotation.T - facets.lower_point
    normal = facets.normal @ rotation.T
    return jnp.einsum("spi,si->sp", offset, normal) - facets.gap[:, None]


def lamina_depths(facets: Facets, rotation: Rotation, translation: Vector) -> Float[Array, "side"]:
    """How deep the tip of each inferior process has sunk into the lamina below [m]; negative while apart."""
    drop = facets.tip - facets.tip @ rotation.T - translation
    return drop @ facets.lamina_normal - facets.lamina_gap


def facet_energies(facets: Facets, rotation: Rotation, translation: Vector) -> Float[Array, "side contact"]:
    """Contact energy of the points of one level, those of the lamina last [J].

    `rotation` and `translation` are those of the upper body relative to the lower one, whose axes are
    used; lower points are counted from the neutral joint centre.
    """
    depth = facet_depths(facets, rotation, translation)
    on_lamina = lamina_depths(facets, rotation, translation)
    articular = _point_stiffness(facets) * ramp_integral(depth, facets.toe[:, None])
    lamina = facets.lamina_stiffness * ramp_integral(on_lamina, facets.toe)
    return jnp.concatenate([articular, lamina[:, None]], axis=1)


class TurnedFacets(NamedTuple):
    """The contacts of a level at a held rotation: depths grow along the normals as the upper body moves."""

    facets: Facets
    stiffness: Float[Array, "side point"]
    normal: Float[Array, "side 3"]  # of the upper surfaces, lower body axes
    depth: Float[Array, "side point"]  # with the upper body in its neutral place [m]
    tip: Float[Array, "side 3"]  # of the inferior processes from the upper origin, lower body axes [m]
    on_lamina: Float[Array, "side"]  # depth with the upper body in its neutral place [m]


def turned_facets(facets: Facets, rotation: Rotation) -> TurnedFacets:
    """The contacts of one level with the upper body turned by `rotation` in lower body axes."""
    nowhere = jnp.zeros(3)
    return TurnedFacets(
        facets=facets,
        stiffness=_point_stiffness(facets),
        normal=facets.normal @ rotation.T,
        depth=facet_depths(facets, rotation, nowhere),
        tip=facets.tip @ rotation.T,
        on_lamina=lamina_depths(facets, rotation, nowhere),
    )


def facet_wrench_and_stiffness(
    held: TurnedFacets, translation: Vector
) -> tuple[Float[Array, "6"], Float[Array, "6 3"]]:
    """Wrench of a level's contacts on the upper body [N, N m] and its slope in translation.

    Written out by hand, the fast twin of `facet_energies`. An articular point pushes along the upper
    surface's normal at its partner on the lower body, whose arm shrinks as the upper body moves.
    """
    facets, toe = held.facets, held.facets.toe[:, None]
    depth = held.depth + jnp.sum(held.normal * translation, axis=1)[:, None]
    push, rate = held.stiffness * ramp(depth, toe), held.stiffness * ramp_slope(depth, toe)
    normal = jnp.repeat(held.normal, push.shape[1], axis=0)
    force = -push.reshape(-1, 1) * normal
    slope = -rate.reshape(-1, 1, 1) * normal[:, :, None] * normal[:, None]
    articular, sliding = wrench_of(facets.lower_point.reshape(-1, 3) - translation, force, slope)
    sliding = sliding.at[3:].add(hat(jnp.sum(force, axis=0)))

    up = facets.lamina_normal
    on_lamina = held.on_lamina - jnp.sum(translation * up)
    lift = facets.lamina_stiffness * ramp(on_lamina, facets.toe)
    give = facets.lamina_stiffness * ramp_slope(on_lamina, facets.toe)
    standing = wrench_of(held.tip, lift[:, None] * up, -give[:, None, None] * jnp.outer(up, up))
    return articular + standing[0], sliding + standing[1]


def facet_forces(facets: Facets, rotation: Rotation, translation: Vector) -> Float[Array, "side"]:
    """Normal force between the articular surfaces of each side of one level [N], compression positive."""
    depth = facet_depths(facets, rotation, translation)
    return jnp.sum(_point_stiffness(facets) * ramp(depth, facets.toe[:, None]), axis=1)


def lamina_forces(facets: Facets, rotation: Rotation, translation: Vector) -> Float[Array, "side"]:
    """Force with which each inferior process stands on the lamina below [N], compression positive."""
    return facets.lamina_stiffness * ramp(lamina_depths(facets, rotation, translation), facets.toe)


def _point_stiffness(facets: Facets) -> Float[Array, "side 1"]:
    """Stiffness of one contact point: the whole facet's, shared equally [N/m]."""
    return facets.stiffness[:, None] / facets.upper_point.shape[-2]
