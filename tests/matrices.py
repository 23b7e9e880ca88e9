"""The sharing of work among muscles and supports as matrices, for programs that no one here wrote."""

import equinox as eqx
import jax.numpy as jnp

from spinesim.models.state import STANDARD_GRAVITY
from spinesim.solvers import balance
from spinesim.solvers.equilibrium import problem


@eqx.filter_jit
def parts(model, task, objective, unknowns):
    """Matrices at the solution, from the engine's own evaluation of the held discs."""
    case = problem(model, task, objective)
    translation, multipliers = balance.unpack(unknowns)
    posed = balance.pose(case, translation)
    tissue = balance.tissue_wrench(case, translation)
    steady = jnp.concatenate([
        (posed.steady.moment.at[: len(tissue)].add(tissue[:, 3:])).ravel(),
        posed.steady.whole_force, posed.steady.whole_moment,
    ])  # fmt: skip
    reactions = case.placement.reactions
    rough = jnp.stack([jnp.ones_like(reactions.friction), *[reactions.friction] * 2], axis=1)
    weight = model.person.mass * STANDARD_GRAVITY
    axes = weight * reactions.axes * rough[:, None, :]
    contact = balance.support_reactions(case, posed, multipliers)
    force = jnp.einsum("cak,ca->ck", reactions.axes, contact.force)
    return {
        "moment": posed.moment.T,
        "support": jnp.einsum("cap,cak->ckp", posed.motion.reshape(len(axes), 3, -1), axes),
        "steady": steady,
        "weight": case.weight,
        "force": force / (weight * jnp.where(rough > 0, rough, 1.0)),
        "multipliers": multipliers,
    }
