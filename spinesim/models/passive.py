"""A level's passive tissues together: wrench and stiffness written out by hand.

The energies of `disc`, `ligament` and `facet` are the definition; these twins cost a fraction of their
automatic derivatives and are tested to be equal to them. A solve holds the rotations and seeks the
translations, so what only the rotation decides is computed once.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.models.anatomy import Discs, Facets, Ligaments
from spinesim.models.disc import TurnedDisc, disc_wrench_and_stiffness, turned_disc
from spinesim.models.facet import TurnedFacets, facet_wrench_and_stiffness, turned_facets
from spinesim.models.ligament import TurnedLigaments, ligament_wrench_and_stiffness, turned_ligaments
from spinesim.models.se3 import Rotation, Vector


class Turned(NamedTuple):
    """The tissues of one level at a held rotation."""

    disc: TurnedDisc
    ligaments: TurnedLigaments
    facets: TurnedFacets


def turned(tissues: tuple[Discs, Ligaments, Facets], rotation: Rotation) -> Turned:
    """The tissues of one level, the upper body turned by `rotation` in lower body axes."""
    disc, ligaments, facets = tissues
    return Turned(
        turned_disc(disc, rotation), turned_ligaments(ligaments, rotation), turned_facets(facets, rotation)
    )


def wrenches_and_stiffness(
    held: Turned, translation: Vector
) -> tuple[Float[Array, "tissue 6"], Float[Array, "6 3"]]:
    """Wrenches of disc, ligaments and facets of one level on its upper body; how translation changes the sum.

    Args:
        held: the tissues of one level at their rotation.
        translation: of the disc centre from its neutral place, in lower body axes [m].

    Returns:
        Force and moment about the disc centre [N, N m] in lower body axes, and their derivative with
        respect to `translation`.
    """
    by_disc = disc_wrench_and_stiffness(held.disc, translation)
    by_ligaments = ligament_wrench_and_stiffness(held.ligaments, translation)
    by_facets = facet_wrench_and_stiffness(held.facets, translation)
    wrenches, slopes = zip(by_disc, by_ligaments, by_facets, strict=True)
    return jnp.stack(wrenches), sum(slopes[1:], slopes[0])
