"""Intervals: the same chain in bodies and postures drawn from what is not known of them.

Every uncertain parameter (table `uncertain`) is drawn evenly from its range, all together and spread over the
ranges as a Latin hypercube (McKay et al. 1979, Technometrics 21:239); the chain is followed anew in each.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.stats.qmc import LatinHypercube

from spinesim._programs import kept
from spinesim._record import Record, quantity
from spinesim.cascade.attribution import Numbers
from spinesim.cascade.reading import Reading
from spinesim.models.tables import load
from spinesim.models.uncertain import CHANGES, Case, varied
from spinesim.solvers.discomfort import Allowance
from spinesim.solvers.recruitment import Effort

#: Quantiles of the draws: 90 % lie between the first and the last.
QUANTILES = (0.05, 0.5, 0.95)
#: Allowances of posture prediction among the uncertain parameters, with their fields.
ALLOWANCES = {
    "pelvis_allowance": "pelvis", "level_allowance": "level", "gaze_allowance": "gaze",
    "strain_allowance": "strain",
}  # fmt: skip


class Spread(Record):
    """Quantiles over the draws, lowest first; NaN if every chain is broken."""

    change: Reading  # the whole change, by quantile
    effect: Reading  # by quantile and link
    draws: Int[Array, ""] = quantity("1")
    left_out: Int[Array, ""] = quantity("1")  # draws of which some coalition has no value


class Draw(NamedTuple):
    """One body, what it allows and what its muscles minimise: `vary` changes a model and a task."""

    vary: Callable[[Case], Case]
    allowance: Allowance
    objective: Effort


def drawn(draws: int, seed: int) -> list[Draw]:
    """Draws of everything that is uncertain."""
    table = load("uncertain")
    low, high = table.numbers("low", "high").T
    amounts = low + (high - low) * LatinHypercube(len(low), rng=np.random.default_rng(seed)).random(draws)
    return [_draw(dict(zip(table.names("name"), jnp.asarray(row), strict=True))) for row in amounts]


def _draw(amounts: dict[str, Array]) -> Draw:
    allowance = Allowance()
    for name, field in ALLOWANCES.items():
        size = amounts[name] * getattr(allowance, field)
        allowance = eqx.tree_at(lambda all_, field=field: getattr(all_, field), allowance, size)
    changes = {name: amounts[name] for name in CHANGES}
    # Either exponent in half of its range; each is a program of its own.
    return Draw(
        lambda case: _varied(case, changes), allowance, Effort(power=round(float(amounts["cost_exponent"])))
    )


_varied = kept(varied)


def spread(changes: list[Reading], effects: list[Reading]) -> Spread:
    """Quantiles of the whole changes and of the effects by link of some draws."""
    whole = [all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(change)) for change in changes]
    kept = np.flatnonzero(whole)

    def quantiles(*each: Numbers) -> Float[Array, "quantile ..."]:
        values = np.stack(each)[kept]
        if not len(kept):
            return jnp.full((len(QUANTILES), *values.shape[1:]), jnp.nan)
        return jnp.asarray(np.quantile(values, QUANTILES, axis=0))

    return Spread(
        change=jax.tree.map(quantiles, *changes),
        effect=jax.tree.map(quantiles, *effects),
        draws=jnp.asarray(len(changes)),
        left_out=jnp.asarray(len(changes) - len(kept)),
    )
