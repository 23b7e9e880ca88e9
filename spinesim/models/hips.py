"""Hips: the moment that muscles put about them without being asked to work."""

from dataclasses import replace

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._numbers import Number, degrees
from spinesim._programs import kept
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.mechanics import SPINE, columns, pulls
from spinesim.models.muscle import strength
from spinesim.models.placement import place
from spinesim.models.posture import Posture
from spinesim.models.state import Task


def passive_hip_moment(
    model: Model, hip_flexion_deg: Number, knee_flexion_deg: Number = 0.0
) -> Float[Array, "side"]:
    """Moment of the passive muscles about each hip [N m], positive where it flexes.

    Both femurs flexed by `hip_flexion_deg` (-40 to 130, negative: extended) against a neutral pelvis and
    spine, both knees by `knee_flexion_deg` (0 to 140). What a tight muscle does to a hip is the difference
    between two models; the ligaments of the hip (`hip_ligament`) are not counted. Batched by `jax.vmap`.
    """
    hip = degrees("hip_flexion_deg", hip_flexion_deg, -40.0, 130.0)
    return _moment(model, hip, degrees("knee_flexion_deg", knee_flexion_deg, 0.0, 140.0))


@kept
def _moment(model: Model, hip: Float[Array, ""], knee: Float[Array, ""]) -> Float[Array, "side"]:
    posture = replace(
        Posture.standing(),
        pelvis=jnp.zeros(3).at[2].set(-model.iliac_turn),  # hip bones neutral
        levels=jnp.zeros((len(LEVELS), 3)),
        femurs=jnp.zeros((2, 3)).at[:, 2].set(hip),
        knees=jnp.full(2, knee),
        balance=jnp.zeros(2),
    )
    placement = place(model, Task(posture))
    column = columns(placement, pulls(placement, jnp.zeros((SPINE, 3))))
    passive = strength(model.fascicles, column.length[:-1]).passive
    return passive @ column.moment[:-1, SPINE:, 2]
