"""What one would measure on a balanced body: stiffness at a point, loss when a muscle is taken away."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import Fascicles
from spinesim.models.groups import GROUPS, UNIONS, members
from spinesim.models.potential import N_MOTION, TILT, Balanced, lengths, place_after, tensions
from spinesim.models.se3 import Vector
from spinesim.solvers.stability import Matrix, Pelvis, index, spectrum, tangent

#: Groups that are taken away one at a time, both sides together.
MUSCLES = tuple(group for group in GROUPS if group not in UNIONS)


def point_stiffness(
    state: Balanced, body: str, point: Vector, direction: Vector, *, pelvis: Pelvis = "held"
) -> Float[Array, ""]:
    """Force over displacement [N/m] at a point (body frame) pushed along a world direction."""
    return yielding(state, tangent(state).whole, body, point, direction, pelvis=pelvis)


def yielding(
    state: Balanced, whole: Matrix, body: str, point: Vector, direction: Vector, *, pelvis: Pelvis = "held"
) -> Float[Array, ""]:
    """`point_stiffness` [N/m] where the tangent stiffness is known."""
    kept = slice(TILT if pelvis == "held" else 0, N_MOTION)
    along = state.placement.frames.world @ (direction / jnp.linalg.norm(direction))

    def moved(motion: Float[Array, "motion"]) -> Float[Array, ""]:
        return place_after(state, motion, body, point) @ along

    lever = jax.grad(moved)(jnp.zeros(N_MOTION))[kept]
    return 1 / (lever @ jnp.linalg.solve(whole[kept, kept], lever))


def knock_out(state: Balanced, *, pelvis: Pelvis = "held") -> Float[Array, "muscle"]:
    """Share of the stability index lost with the stiffness and tension of each of MUSCLES.

    The rest of the body is not balanced again, as when Cholewicki and VanVliet (2002, Clin Biomech 17:99)
    removed one group at a time from an EMG-driven model.
    """
    tension, springs = tensions(state)
    own = jnp.asarray(muscle_members(state.model.fascicles))
    rest = jnp.zeros(N_MOTION)

    def pulling(motion: Float[Array, "motion"]) -> Float[Array, "muscle"]:
        return own @ (tension * lengths(state, motion)[:-1])

    lever = jax.jacfwd(lambda motion: lengths(state, motion)[:-1])(rest)
    stiffness = state.model.fascicles.short_range * springs.per_gain + springs.passive
    muscle = jax.hessian(pulling)(rest) + jnp.einsum("gf,f,fi,fj->gij", own, stiffness, lever, lever)
    whole = tangent(state).whole
    left = jax.vmap(lambda part: index(spectrum(whole - part, pelvis)[0]))(muscle)
    return 1 - left / index(spectrum(whole, pelvis)[0])


def muscle_members(fascicles: Fascicles) -> Float[np.ndarray, "muscle fascicle"]:
    """1 where a fascicle belongs to a group of MUSCLES."""
    return np.array([members(fascicles, group) for group in MUSCLES], float)
