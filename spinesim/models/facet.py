"""Facet joints: frictionless contact of the upper vertebra's articular surfaces with the lower one's.

Each side has several contact points that share its stiffness as springs in parallel. A point of the
upper surface meets the plane through its partner on the lower surface, perpendicular to the upper
surface's normal: the normal rides with the upper body, so the plane turns with it. The depth of a
point beyond the resting gap goes through `ramp`: no force at all before contact, cartilage that
beds in over `toe`, then a straight line. No capsule tension is included; the capsule (FC) is among the
ligaments.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._smooth import ramp, ramp_integral
from spinesim.models.anatomy import Facets
from spinesim.models.se3 import Rotation, Vector


def facet_depths(facets: Facets, rotation: Rotation, translation: Vector) -> Float[Array, "side point"]:
    """How deep each contact point has sunk into the opposite surface [m]; negative while apart."""
    offset = translation + facets.upper_point @ rotation.T - facets.lower_point
    normal = facets.normal @ rotation.T
    return jnp.einsum("spi,si->sp", offset, normal) - facets.gap[:, None]


def facet_energies(facets: Facets, rotation: Rotation, translation: Vector) -> Float[Array, "side point"]:
    """Contact energy of the points of one level [J].

    `rotation` and `translation` are those of the upper body relative to the lower one, whose axes are
    used; lower points are counted from the neutral joint centre.
    """
    depth = facet_depths(facets, rotation, translation)
    return _point_stiffness(facets) * ramp_integral(depth, facets.toe[:, None])


def facet_forces(facets: Facets, rotation: Rotation, translation: Vector) -> Float[Array, "side"]:
    """Normal force of each side of one level [N], compression positive."""
    depth = facet_depths(facets, rotation, translation)
    return jnp.sum(_point_stiffness(facets) * ramp(depth, facets.toe[:, None]), axis=1)


def _point_stiffness(facets: Facets) -> Float[Array, "side 1"]:
    """Stiffness of one contact point: the whole facet's, shared equally [N/m]."""
    return facets.stiffness[:, None] / facets.upper_point.shape[-2]
