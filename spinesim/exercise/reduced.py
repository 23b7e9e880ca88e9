"""The reduced map: what the engine answers, fitted to sampled bodies, and how far off it is."""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.adaptation.parameters import Parameters, parameters
from spinesim.adaptation.state import initial, nobody
from spinesim.exercise.body import CLUSTER_MEAN, CLUSTERS, FEATURES, body, features
from spinesim.exercise.engine import stacked
from spinesim.exercise.library import Exercise
from spinesim.exercise.responses import FLOOR, Demands, Responses, as_arrays, solved
from spinesim.models.anatomy import Model

#: Bodies that the map is fitted to, and the ridge on its slopes.
SAMPLES, RIDGE = 48, 1e-2


def reduced(
    model: Model, exercises: Sequence[Exercise], *, samples: int = SAMPLES, seed: int = 0
) -> Responses:
    """The reduced map around the healthy `model`, fitted to `samples` bodies by ridge regression."""
    drawn, bodies = sampled(model, samples, seed)
    demands, per_force = solved(bodies, exercises)

    def fitted(name: str) -> tuple[np.ndarray, np.ndarray]:
        value = np.log(np.maximum(getattr(demands, name), 0.0) + FLOOR[name])
        return _ridge(np.asarray(drawn), value)

    ends = {name: fitted(name) for name in FLOOR}
    base = Demands(**{name: jnp.exp(first) - FLOOR[name] for name, (first, _) in ends.items()})
    slopes = Demands(**{name: jnp.asarray(slope) for name, (_, slope) in ends.items()})
    return as_arrays(np.zeros(len(FEATURES)), base, slopes, per_force, exercises)


def _ridge(features: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value at zero and slopes of least squares over the samples that have a value, case by case."""
    count, cases = value.shape[:2]
    base, slopes = np.zeros(value.shape[1:]), np.zeros((features.shape[1], *value.shape[1:]))
    for case in range(cases):
        there = np.isfinite(value[:, case]).all(axis=-1)
        if there.sum() < 2 * features.shape[1]:  # too hard for most bodies: held as in the healthy one
            base[case] = value[0, case]
            continue
        design = np.column_stack([np.ones(there.sum()), features[there]])
        penalty = RIDGE * count * np.diag([0.0, *[1.0] * features.shape[1]]) * 0.01
        found = np.linalg.solve(design.T @ design + penalty, design.T @ value[there, case])
        base[case], slopes[:, case] = found[0], found[1:]
    return base, slopes


def sampled(model: Model, samples: int, seed: int) -> tuple[Float[Array, "sample feature"], Model]:
    """Features and bodies of sampled people, the healthy one first: strength 0.55 to 1.45, the rest over its
    range."""
    rng = np.random.default_rng(seed)
    p = parameters()
    made = [(jnp.zeros(len(FEATURES)), model), *(_sample(model, rng, p) for _ in range(samples - 1))]
    return jnp.stack([at for at, _ in made]), stacked([one for _, one in made])


def _sample(model: Model, rng: np.random.Generator, p: Parameters) -> tuple[Array, Model]:
    clusters = np.exp(rng.uniform(np.log(0.55), np.log(1.45), len(CLUSTERS)))
    groups = (CLUSTER_MEAN > 0).T @ clusters
    groups = jnp.asarray(np.where(groups > 0, groups, 1.0))
    person = nobody()
    person = eqx.tree_at(
        lambda one: (one.inhibited, one.tight, one.degenerated),
        person,
        (
            jnp.full(person.inhibited.shape, 0.0),
            jnp.full(person.tight.shape, rng.uniform(0, 15)),
            jnp.full(person.degenerated.shape, rng.uniform(0, 0.8)),
        ),
    )
    slow = initial(person, p)
    inhibited = rng.uniform(0, 0.45) * (CLUSTER_MEAN[0] > 0)
    slow = eqx.tree_at(lambda one: (one.size, one.inhibition), slow, (groups, jnp.asarray(inhibited)))
    return features(slow, person), body(model, slow, person)


class MapError(NamedTuple):
    """How far the map is from the engine on bodies it was not fitted to: the median and the 95 % point."""

    compression: tuple[float, float]  # as a share of the engine's
    activation: tuple[float, float]  # absolute


def map_error(
    model: Model, exercises: Sequence[Exercise], fitted: Responses, *, samples: int = 8, seed: int = 1
) -> MapError:
    """Error of a map on `samples` bodies drawn anew; cases that a body is too weak for are left out."""
    drawn, bodies = sampled(model, samples, seed)
    demands, _ = solved(bodies, exercises)
    told = jax.vmap(fitted.at_features)(drawn)
    pressed, worked = np.asarray(demands.compression), np.asarray(demands.activation)
    return MapError(
        _typical(np.abs(np.asarray(told.compression) / pressed - 1)),
        _typical(np.abs(np.asarray(told.activation) - worked)),
    )


def _typical(error: np.ndarray) -> tuple[float, float]:
    middle, far = np.nanquantile(error, [0.5, 0.95])
    return float(middle), float(far)
