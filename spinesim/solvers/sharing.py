"""Muscle sharing and supports with the discs held: one convex programme, settled by its dual.

The dual in the multipliers is convex and continuously differentiable; minus its gradient are the moment
and whole-body rows of the balance.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.solvers.balance import (
    N_MOMENT,
    Multipliers,
    Posed,
    Problem,
    contact_forces,
    contact_velocity,
    drives,
    held_rows,
    recruit,
    recruit_for,
    reserve,
    steady_rows,
)
from spinesim.solvers.clusters import contact_answers, twists
from spinesim.solvers.dual import Convex, Scalar, Slope
from spinesim.solvers.recruitment import Recruitment

Tissue = Float[Array, "level 6"]
Matrix = Float[Array, "multiplier multiplier"]


def programme(problem: Problem, posed: Posed, tissue: Tissue) -> Convex:
    """The dual of one case for passive tissue that pulls with `tissue`."""
    twist = twists(problem, posed.translation)

    def descent(multipliers: Multipliers) -> tuple[Multipliers, _Answer]:
        recruitment = recruit(problem, posed, multipliers)
        velocity = contact_velocity(posed, multipliers)
        contact = contact_forces(problem, velocity)
        spare, softness = reserve(multipliers)
        rows = held_rows(posed, tissue, recruitment.activation, contact.force) + spare
        return rows, _Answer(recruitment, velocity, softness)

    def hessian(answer: _Answer) -> Matrix:
        recruitment, velocity, softness = answer
        contact = contact_forces(problem, velocity)  # how it answers costs more than the force: only here
        muscle = posed.moment @ recruitment.answer(posed.moment).T
        pushed = contact_answers(problem, posed.translation, contact.answer) @ twist
        held = jnp.einsum("kap,kaq->pq", twist, pushed) + jnp.diag(softness)
        return held.at[:N_MOMENT, :N_MOMENT].add(muscle)

    return Convex(
        descent, hessian, lambda start, direction: slope_along(problem, posed, tissue, start, direction)
    )


class _Answer(NamedTuple):
    """What muscles, supports and the reserve make of the multipliers."""

    recruitment: Recruitment
    velocity: Float[Array, "contact 3"]
    softness: Multipliers


def slope_along(
    problem: Problem, posed: Posed, tissue: Tissue, start: Multipliers, direction: Multipliers
) -> Slope:
    """Slope of the dual after a step from `start` along `direction`.

    Drives and contact velocities are affine in the step, so that a look costs no product with the rows.
    """
    drive, drive_rate = drives(posed, start), drives(posed, direction)
    velocity, velocity_rate = contact_velocity(posed, start), contact_velocity(posed, direction)
    steady = steady_rows(posed, tissue) @ direction

    def slope(step: Scalar) -> Scalar:
        activation = recruit_for(problem, drive + step * drive_rate).activation
        contact = contact_forces(problem, velocity + step * velocity_rate)
        spare, _ = reserve(start + step * direction)
        pushed = jnp.vdot(contact.force, velocity_rate)
        return activation @ drive_rate - pushed - spare @ direction - steady

    return slope
