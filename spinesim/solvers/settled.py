"""A settled posture as the root of one square system, and how it answers whatever was asked.

Unknowns are those of the balance and the turns of pelvis and levels; rows are those of the balance and the
slope of the discomfort. Where both vanish the posture is settled, and the implicit function theorem says how
it and its loads answer every number of body, task, objective and allowance.
"""

from typing import cast

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim.models.placement import Placement
from spinesim.solvers import balance, discomfort
from spinesim.solvers.balance import N_ROWS, Problem, Unknowns
from spinesim.solvers.discomfort import Free, Question
from spinesim.solvers.implicit import with_reverse_gradient

#: Unknowns of the balance, then the turns, in allowances.
Root = Float[Array, "root"]


def differentiable(asked: Question, unknowns: Unknowns, offset: Free) -> Free:
    """The turns of a settled posture with their derivatives by everything in `asked`, in reverse mode."""
    numbers, rest = eqx.partition(asked, eqx.is_inexact_array)

    def product(root: Root, numbers: Question, weight: Root) -> Float[Array, ""]:
        return weighted(eqx.combine(numbers, rest), root, weight)

    root = with_reverse_gradient(product, jnp.concatenate([unknowns, offset]), numbers)
    return cast(Array, root)[N_ROWS:]


def weighted(asked: Question, root: Root, weight: Root) -> Float[Array, ""]:
    """weight . (rows of the balance, slope of the discomfort).

    The slope along the weights is a derivative with muscles, supports and discs held. The body is placed once
    for balance and slope: the reverse pass through it is most of what there is to compile.
    """
    unknowns, offset = root[:N_ROWS], root[N_ROWS:]
    translation, multipliers = balance.unpack(unknowns)

    def place(offset: Free) -> tuple[Placement, Float[Array, "fascicle"]]:
        case = discomfort.case(asked, offset)
        return case.placement, case.weight

    placed, placed_rate = jax.jvp(place, (offset,), (weight[N_ROWS:],))
    lower = placed[0].frames.rotation[: balance.SPINE]
    local = jnp.einsum("jba,jb->ja", lower, translation)

    def problem(placement, price) -> Problem:
        return balance.prepared(asked.model, placement, price, asked.objective)

    (posed, tissue), posed_rate = jax.jvp(
        lambda *at: discomfort.posed_with(problem(*at), local), placed, placed_rate
    )
    here = problem(*placed)
    held = discomfort.held_at(here, posed, multipliers)

    def cost(placed, posed, tissue, at) -> Float[Array, ""]:
        return discomfort.cost(held, discomfort.answered(asked, held, problem(*placed), posed, tissue, at))

    rates = placed_rate, *posed_rate, weight[N_ROWS:]
    _, slope = jax.jvp(cost, (placed, posed, tissue, offset), rates)
    rows = (
        balance.force_rows(here, posed, tissue, multipliers),
        balance.multiplier_rows(here, posed, tissue, multipliers),
    )
    return weight[:N_ROWS] @ jnp.concatenate(rows) + slope
