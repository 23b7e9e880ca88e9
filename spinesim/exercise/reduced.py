"""The reduced map: what the engine answers, fitted to sampled bodies, and how far off it is."""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import Person, Slow, initial, nobody
from spinesim.exercise.body import CLUSTER_MEAN, CLUSTERS, FEATURES, body, features
from spinesim.exercise.hydration import day_fluid
from spinesim.exercise.library import Exercise
from spinesim.exercise.life import routine
from spinesim.exercise.population import people
from spinesim.exercise.responses import FLOOR, Demands, Responses, as_arrays, by_case, exact
from spinesim.models.anatomy import Model

#: Bodies that the map is fitted to, and the ridge on its slopes.
SAMPLES, RIDGE = 96, 1e-4
#: How far training takes the bodies that are sampled, as wide as 12 weeks of any programme here: log strength
#: lost and gained, range gained [deg], damage of the discs.
_LOST, _GAINED, _STRETCHED, _TORN = -0.05, 0.45, 8.0, 0.1


def reduced(
    model: Model, exercises: Sequence[Exercise], *, samples: int = SAMPLES, seed: int = 0
) -> Responses:
    """The reduced map around the healthy `model`, fitted to `samples` bodies by ridge regression."""
    drawn, bodies = sampled(model, exercises, samples, seed)
    demands, per_force = by_case(bodies, exercises)

    def fitted(name: str) -> tuple[np.ndarray, np.ndarray]:
        value = np.log(np.maximum(getattr(demands, name), 0.0) + FLOOR[name])
        return _ridge(np.asarray(drawn), value)

    ends = {name: fitted(name) for name in FLOOR}
    base = Demands(**{name: jnp.exp(first) - FLOOR[name] for name, (first, _) in ends.items()})
    slopes = Demands(**{name: jnp.asarray(slope) for name, (_, slope) in ends.items()})
    return as_arrays(np.zeros(len(FEATURES)), base, slopes, per_force, exercises)


def _ridge(features: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value at zero and slopes of least squares over the samples that have a value, case by case."""
    cases = value.shape[1]
    base, slopes = np.zeros(value.shape[1:]), np.zeros((features.shape[1], *value.shape[1:]))
    for case in range(cases):
        there = np.isfinite(value[:, case]).all(axis=-1)
        if there.sum() < 2 * features.shape[1]:  # too hard for most bodies: held as in the healthy one
            base[case] = value[0, case]
            continue
        design = np.column_stack([np.ones(there.sum()), features[there]])
        penalty = RIDGE * there.sum() * np.diag([0.0, *[1.0] * features.shape[1]])
        found = np.linalg.solve(design.T @ design + penalty, design.T @ value[there, case])
        base[case], slopes[:, case] = found[0], found[1:]
    return base, slopes


def sampled(
    model: Model, exercises: Sequence[Exercise], samples: int, seed: int
) -> tuple[Float[Array, "sample feature"], Model]:
    """Features of people as in cohorts, on their way through training, and their bodies case by case.

    A map is as good as its sample is like those it is asked about: discs worn low in the back and not all
    alike, deficits that go together, sides that differ. Discs are as dry as an ordinary day leaves them: that
    is 2 % of the loads, how days differ between people a tenth of it. The first body is the healthy one.
    """
    p, healthy = parameters(), nobody()
    start = initial(healthy, p)
    crowd = people(samples - 1, seed).person
    slow, person = (
        jax.tree.map(lambda one, rest: jnp.concatenate([one[None], rest]), *pair)
        for pair in ((start, _trained(crowd, np.random.default_rng([seed, 3]))), (healthy, crowd))
    )
    full, day = exact(model, exercises, start, healthy), routine()
    fluid = jax.vmap(lambda one: day_fluid(full, day, one, p)[0])(person)

    def in_cases(each: tuple[Slow, Person, Float[Array, "case level"]]) -> Model:
        now, one, left = each
        return jax.vmap(lambda own: body(model, now, one, own))(left)

    made = jax.lax.map(in_cases, (slow, person, fluid))  # one by one: the steps between are large
    bodies = jax.tree.map(lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:]), made)
    return jax.vmap(features)(slow, person), bodies


def _trained(crowd: Person, rng: np.random.Generator) -> Slow:
    """Slow states between that in which people come and the farthest that training takes them."""
    start = jax.vmap(initial, in_axes=(0, None))(crowd, parameters())
    count = len(crowd.pain)
    hard = rng.uniform(0, 1, (count, 1))  # how hard each has trained
    gained = hard * rng.uniform(_LOST, _GAINED, (count, len(CLUSTERS)))
    return eqx.tree_at(
        lambda one: (one.size, one.inhibition, one.stretch_length, one.damage),
        start,
        (
            jnp.exp(gained @ (CLUSTER_MEAN > 0)),
            start.inhibition * rng.uniform(0, 1, (count, 1)),
            start.stretch_length + rng.uniform(0, _STRETCHED, (count, 1)),
            start.damage + rng.uniform(0, _TORN, (count, 1)),
        ),
    )


class MapError(NamedTuple):
    """How far the map is from the engine on bodies it was not fitted to: the median and the 95 % point."""

    compression: tuple[float, float]  # as a share of the engine's
    activation: tuple[float, float]  # absolute


def map_error(
    model: Model, exercises: Sequence[Exercise], fitted: Responses, *, samples: int = 8, seed: int = 1
) -> MapError:
    """Error of a map on `samples` bodies drawn anew; cases that a body is too weak for are left out."""
    drawn, bodies = sampled(model, exercises, samples, seed)
    demands, _ = by_case(bodies, exercises)
    told = jax.vmap(fitted.at_features)(drawn)
    pressed, worked = np.asarray(demands.compression), np.asarray(demands.activation)
    return MapError(
        _typical(np.abs(np.asarray(told.compression) / pressed - 1)),
        _typical(np.abs(np.asarray(told.activation) - worked)),
    )


def _typical(error: np.ndarray) -> tuple[float, float]:
    middle, far = np.nanquantile(error, [0.5, 0.95])
    return float(middle), float(far)
