"""The table of what is not known of body and muscles: its draws, and bodies at a draw."""

from dataclasses import replace
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

from spinesim.models import tables
from spinesim.models.anatomy import Model
from spinesim.validation.targets import FOLDER

Draws = Float[np.ndarray, "draw parameter"]
PerDraw = Float[np.ndarray, "draw"]


@cache
def table() -> tables.Table:
    """The parameters, one row each."""
    return tables.read(FOLDER / "sampled.csv")


def at(name: str) -> int:
    """Place of a parameter in a draw."""
    return table().names("name").index(name)


def draw(count: int, exponents: bool = True) -> Draws:
    """Sobol points over the ranges, the same every time; half of the draws have either exponent."""
    rows = table()
    middle, low, high = rows.numbers("middle", "low", "high").T
    unit = qmc.Sobol(len(rows), scramble=False).fast_forward(1).random(count)  # the first is a corner
    ordered = low + unit * (high - low)
    geometric = low * (high / low) ** unit
    kind = np.array(rows.words("kind"))
    chosen = np.where(unit < 0.5, low, high) if exponents else np.broadcast_to(middle, unit.shape)
    return np.where(kind == "choice", chosen, np.where(kind == "logarithm", geometric, ordered))


def bodies(models: Model, drawn: Draws) -> Model:
    """Stacked bodies at one draw each: their strength, mass and q."""
    names = ("specific_tension", "body_mass", "short_range_stiffness")
    return altered(models, *(jnp.asarray(drawn[:, at(name)]) for name in names))


@eqx.filter_jit
def altered(models: Model, tension: Any, mass: Any, q: Any) -> Model:
    """Stacked bodies with their strength, mass and q times factors."""

    def one(model: Model, tension: Any, mass: Any, q: Any) -> Model:
        muscles = replace(
            model.fascicles,
            max_force=model.fascicles.max_force * tension,
            short_range=model.fascicles.short_range * q,
        )
        heavier = replace(model.bodies, mass=model.bodies.mass * mass)
        return replace(model, fascicles=muscles, bodies=heavier)

    return jax.vmap(one)(models, tension, mass, q)
