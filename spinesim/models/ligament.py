"""Ligaments: strands that pull when they are stretched and never push.

One strand runs straight from `lower_point` to `upper_point`; its tension follows its strain e over the
slack length L0 along a toe and then a straight line (the curve of Wismans et al. 1980, J Biomech
13:677, with the strands and constants of Remus et al. 2021, PLoS ONE 16:e0250456):

    F = k e^2 / (2 e_t)      0 < e < e_t
    F = k (e - e_t / 2)      e > e_t

Published for strains up to the physiological limit (0.2 to 0.4); failure is not modelled.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._smooth import safe_norm
from spinesim.models.anatomy import Ligaments
from spinesim.models.se3 import Rotation, Vector, wrench_of


def strand_strain(ligaments: Ligaments, rotation: Rotation, translation: Vector) -> Float[Array, "strand"]:
    """Strain of the strands of one level over their slack length."""
    span = translation + ligaments.upper_point @ rotation.T - ligaments.lower_point
    return safe_norm(span) / ligaments.slack_length - 1


def strand_tension(ligaments: Ligaments, rotation: Rotation, translation: Vector) -> Float[Array, "strand"]:
    """Tension of the strands of one level [N]; exactly zero when slack."""
    toe, line = _toe_and_line(ligaments, strand_strain(ligaments, rotation, translation))
    return ligaments.stiffness * (toe**2 / (2 * ligaments.transition_strain) + line)


def ligament_energies(
    ligaments: Ligaments, rotation: Rotation, translation: Vector
) -> Float[Array, "strand"]:
    """Stretching energy of the strands of one level [J]: the integral of `strand_tension`.

    `rotation` and `translation` are those of the upper body relative to the lower one, whose axes are
    used; both attachments are counted from the neutral joint centre.
    """
    toe, line = _toe_and_line(ligaments, strand_strain(ligaments, rotation, translation))
    transition = ligaments.transition_strain
    density = toe**3 / (6 * transition) + line * (transition + line) / 2
    return ligaments.stiffness * ligaments.slack_length * density


class TurnedLigaments(NamedTuple):
    """The strands of a level at a held rotation."""

    ligaments: Ligaments
    tip: Float[Array, "strand 3"]  # upper ends from the upper origin, lower body axes [m]


def turned_ligaments(ligaments: Ligaments, rotation: Rotation) -> TurnedLigaments:
    """The strands of one level with the upper body turned by `rotation` in lower body axes."""
    return TurnedLigaments(ligaments, ligaments.upper_point @ rotation.T)


def ligament_wrench_and_stiffness(
    held: TurnedLigaments, translation: Vector
) -> tuple[Float[Array, "6"], Float[Array, "6 3"]]:
    """Wrench of a level's strands on the upper body [N, N m] and its slope in translation.

    Written out by hand, the fast twin of `ligament_energies`.
    """
    ligaments, tip = held
    span = translation + tip - ligaments.lower_point
    length = safe_norm(span)
    along = span / length[:, None]
    strain = length / ligaments.slack_length - 1
    toe, line = _toe_and_line(ligaments, strain)
    tension = ligaments.stiffness * (toe**2 / (2 * ligaments.transition_strain) + line)
    rate = ligaments.stiffness * toe / ligaments.transition_strain / ligaments.slack_length
    across = tension / length
    slope = (across - rate)[:, None, None] * along[:, :, None] * along[:, None]
    return wrench_of(tip, -tension[:, None] * along, slope - across[:, None, None] * jnp.eye(3))


def _toe_and_line(
    ligaments: Ligaments, strain: Float[Array, "strand"]
) -> tuple[Float[Array, "strand"], Float[Array, "strand"]]:
    """The parts of a strain that lie in the toe and beyond it."""
    toe = jnp.clip(strain, 0.0, ligaments.transition_strain)
    return toe, jnp.maximum(strain - ligaments.transition_strain, 0.0)
