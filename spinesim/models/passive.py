"""A level's passive tissues together: wrench and stiffness written out by hand.

The energies of `disc`, `ligament` and `facet` are the definition; these twins cost a fraction of their
automatic derivatives and are tested to be equal to them.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.models.anatomy import Discs, Facets, Ligaments
from spinesim.models.disc import disc_wrench_and_stiffness
from spinesim.models.facet import facet_wrench_and_stiffness
from spinesim.models.ligament import ligament_wrench_and_stiffness
from spinesim.models.se3 import Rotation, Vector


def level_wrenches_and_stiffness(
    tissues: tuple[Discs, Ligaments, Facets], rotation: Rotation, translation: Vector
) -> tuple[Float[Array, "tissue 6"], Float[Array, "6 3"]]:
    """Wrenches of disc, ligaments and facets of one level on its upper body; how translation changes the sum.

    Args:
        tissues: those of one level.
        rotation: of the upper body relative to the lower one, held.
        translation: of the disc centre from its neutral place, in lower body axes [m].

    Returns:
        Force and moment about the disc centre [N, N m] in lower body axes, and their derivative with
        respect to `translation`.
    """
    disc, ligaments, facets = tissues
    by_disc = disc_wrench_and_stiffness(disc, rotation, translation)
    by_ligaments = ligament_wrench_and_stiffness(ligaments, rotation, translation)
    by_facets = facet_wrench_and_stiffness(facets, rotation, translation)
    wrenches, slopes = zip(by_disc, by_ligaments, by_facets, strict=True)
    return jnp.stack(wrenches), sum(slopes[1:], slopes[0])
