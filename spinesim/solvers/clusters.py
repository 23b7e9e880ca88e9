"""Contacts whose bodies lie beyond the same joints move as one: a cluster, with one twist.

A handful of clusters carries all contacts, so that what their answers do to the balance costs a few products
of six rows, however many contacts there are.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import Model
from spinesim.models.kinematics import OUTBOARD, shifts
from spinesim.models.mechanics import N_JOINTS, Translation, hinge_centres
from spinesim.models.se3 import hat
from spinesim.solvers.balance import Problem


def clusters(model: Model) -> tuple[Float[np.ndarray, "cluster joint"], Float[np.ndarray, "cluster contact"]]:
    """Joints that each cluster lies beyond, and contacts that belong to it: 1 or 0."""
    beyond = OUTBOARD.T[np.array(model.contacts.body)]
    joints, own = np.unique(beyond, axis=0, return_inverse=True)
    return joints, np.eye(len(joints))[:, own.ravel()]


def twists(problem: Problem, translation: Translation) -> Float[Array, "cluster 6 multiplier"]:
    """Virtual velocity at the pelvis origin and rotation of every cluster per unit of each multiplier."""
    beyond, _ = clusters(problem.model)
    centre = hinge_centres(problem.placement, translation)[:N_JOINTS]
    eye = jnp.eye(3, dtype=centre.dtype)
    turn = jnp.concatenate([jax.vmap(hat)(centre), jnp.broadcast_to(eye, (N_JOINTS, 3, 3))], axis=1)
    joint = jnp.einsum("kj,jab->kajb", beyond, turn).reshape(len(beyond), 6, 3 * N_JOINTS)
    whole = jnp.broadcast_to(jnp.eye(6, dtype=centre.dtype), (len(beyond), 6, 6))
    return jnp.concatenate([joint, whole], axis=2)


def contact_answers(
    problem: Problem, translation: Translation, answer: Float[Array, "contact 3 3"]
) -> Float[Array, "cluster 6 6"]:
    """How the wrench of each cluster about the pelvis origin answers its twist, all contacts together."""
    _, own = clusters(problem.model)
    shift = shifts(translation)[np.array(problem.model.contacts.body)]
    arm = jax.vmap(hat)(problem.placement.reactions.point + shift)
    pushed = jnp.concatenate([answer, -answer @ arm], axis=2)
    each = jnp.concatenate([pushed, arm @ pushed], axis=1)
    return jnp.einsum("kc,cab->kab", own, each)
