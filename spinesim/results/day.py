"""A day and a night of the discs, asked as the experiments of category 8 asked it: stature, height, pressure.

The law is that of the days' room (`adaptation.tissue`): a disc's fluid goes towards what its pressure lets it
keep. Pressures are those of the solved postures, so what a body loses in a day is an answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.adaptation.parameters import Parameters, parameters, table
from spinesim.adaptation.tissue import fluid_day, fluid_goal
from spinesim.models.anatomy import Discs
from spinesim.models.disc import intradiscal_pressure, rest_height
from spinesim.scenarios.tasks import task
from spinesim.validation.between import Parameter, Varied
from spinesim.validation.people import person, solved, stacked
from spinesim.validation.segments import LUMBAR

#: Share of the lumbar discs in a change of stature (0.4 to 0.5; Tyrrell et al. 1985).
LUMBAR_SHARE = 0.45
#: The day of the experiments: up for sixteen hours, standing and sitting in turn, then eight in bed.
POSTURES = ("standing", "sitting_relaxed", "lying_supine")
UP, HALF_NIGHT = 16, 4.0
#: A specimen under load [N] for some hours (Adams 1990).
PRESSED, HOURS = 1000.0, 6.0
#: Parameters of the law.
FLUID = ("fluid_out", "fluid_in", "fluid_sensitivity")


def day_answers(p: Parameters | None = None) -> dict[str, float]:
    """Rows that a day of the discs answers, for the law's parameters or those of its table."""
    p = parameters() if p is None else p
    lost, first, regained = _stature("man", p)
    return {
        "crp_stat": lost, "crp_1h": first, "crp_rec": regained, "crp_fem": _stature("woman", p)[0],
        "crp_disc": _crept(p), "idp_w_night": _waking(p),
    }  # fmt: skip


def day_varied(answers: Mapping[str, float]) -> Varied:
    """The rows of the day with each parameter of the law in turn at either end of its range."""
    rows = table().where("name", *FLUID)
    found: Varied = {}
    for row, (low, middle, high) in zip(
        rows.rows, rows.numbers("low", "value", "high").tolist(), strict=True
    ):
        ends = [day_answers(parameters(**{row["name"]: end})) for end in (low, high)]
        own = {name: (ends[0][name], ends[1][name]) for name in answers if name in ends[0]}
        found[Parameter(row["name"], "factor", low, middle, high, row["source"])] = own
    return found


def _stature(who: str, p: Parameters) -> tuple[float, float, float]:
    """Stature lost in a day [mm], the share of it lost in the first hour and regained in half a night [%]."""
    _, fluid = fluid_day(*_bouts(who), _healthy(), p)
    morning, first, evening, midnight = np.asarray(_heights(who, fluid))[[-1, 0, UP - 1, UP]]
    lost = morning - evening
    return (
        float(1e3 * lost / LUMBAR_SHARE), float(100 * (morning - first) / lost),
        float(100 * (midnight - evening) / lost),
    )  # fmt: skip


def _bouts(who: str) -> tuple[Float[Array, "bout level"], Float[Array, "bout"]]:
    """Pressures of a day [Pa], hour by hour and then by half of the night, and how long they last [h]."""
    _, (standing, sitting, lying) = _pressed(who)
    up = [(standing, sitting)[hour % 2] for hour in range(UP)]
    return jnp.asarray([*up, lying, lying]), jnp.asarray([1.0] * UP + [HALF_NIGHT] * 2)


@cache
def _pressed(who: str) -> Float[np.ndarray, "kind posture level"]:
    """Compression [N] and pressure [Pa] of the lumbar discs in POSTURES."""
    body, tasks = person(who), stacked([task(name) for name in POSTURES])
    ends = solved(
        stacked([body] * len(POSTURES)),
        tasks,
        keep=lambda end: (end.disc_compression, end.intradiscal_pressure),
    )
    return np.stack(ends)[:, :, : len(LUMBAR)]


def _healthy() -> Float[Array, "level"]:
    """Degeneration of the discs."""
    return jnp.zeros(len(LUMBAR))


def _discs(who: str, fluid: Float[Array, "level"]) -> Discs:
    """The lumbar discs with so much fluid."""
    discs = jax.tree.map(lambda leaf: leaf[: len(LUMBAR)], person(who).discs)
    return replace(discs, hydration=fluid)


def _heights(who: str, fluid: Float[Array, "bout level"]) -> Float[Array, "bout"]:
    """Height of all lumbar discs together [m]."""
    return jnp.sum(jax.vmap(lambda each: jax.vmap(rest_height)(_discs(who, each)))(fluid), axis=1)


def _waking(p: Parameters) -> float:
    """Pressure of L4-L5 at the end of the night, still lying [MPa]."""
    _, fluid = fluid_day(*_bouts("volunteer"), _healthy(), p)
    at = LUMBAR.index("L4L5")
    disc = jax.tree.map(lambda leaf: leaf[at], _discs("volunteer", fluid[-1]))
    return float(intradiscal_pressure(disc, _pressed("volunteer")[0, -1, at])) / 1e6


def _crept(p: Parameters) -> float:
    """Height that a disc of the ordinary day loses under PRESSED for HOURS, mean of the levels [mm]."""
    discs = _discs("man", jnp.ones(len(LUMBAR)))
    pressure = jax.vmap(lambda disc: intradiscal_pressure(disc, PRESSED))(discs)
    goal = fluid_goal(pressure, _healthy(), p)
    left = goal + (1 - goal) * jnp.exp(-HOURS / p["fluid_out"])
    return float(1e3 * jnp.mean(jax.vmap(rest_height)(discs) - jax.vmap(rest_height)(_discs("man", left))))
