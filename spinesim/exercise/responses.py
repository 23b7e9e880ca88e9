"""What the engine answers: the demands of activities and exercises on a body, and how they move with it.

Exact: a batch of equilibrium solves on the body of the day. Reduced, for cohorts and optimisers: the
logarithm of every demand is linear in a few numbers of the body (`body.FEATURES`), fitted to solves of
sampled bodies.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity, static, words
from spinesim.adaptation.parameters import Parameters, parameters
from spinesim.adaptation.state import Person, Slow, initial
from spinesim.exercise import life
from spinesim.exercise.body import CLUSTER_MEAN, CLUSTERS, FEATURES, body, features
from spinesim.exercise.engine import Asked, solve_asked, stacked
from spinesim.exercise.library import Exercise
from spinesim.models.anatomy import Model
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status

#: Added before the logarithm, so that a silent muscle or an open facet has one [1, N, N].
_FLOOR = {"activation": 0.02, "compression": 50.0, "facet": 10.0}
#: Change of a logarithm that the reduced map does not go beyond: what lies farther was not sampled.
FARTHEST = 1.0
#: Bodies that the reduced map is fitted to, and the ridge on its slopes.
SAMPLES, RIDGE = 48, 1e-2


class Demands(Record):
    """What activities, then exercises (each on its sides in turn), ask of a body."""

    activation: Float[Array, "*feature case group"] = quantity("1", "case", "group")
    compression: Float[Array, "*feature case level"] = quantity("N", "case", "level")
    facet: Float[Array, "*feature case level"] = quantity("N", "case", "level")  # of the side pressed harder


class Responses(Record):
    """Demands at a reference body and the slopes of their logarithms; zero slopes hold them."""

    demands: Demands
    slopes: Demands  # each with a leading feature axis
    at: Float[Array, "feature"] = quantity("1", "feature")
    pressure_per_force: Float[Array, "level"] = quantity("Pa/N", "level")
    case: tuple[str, ...] = static()
    owner: tuple[int, ...] = static()  # exercise of each case after the activities

    def of(self, slow: Slow, person: Person) -> Demands:
        """The demands on a person's body in a slow state; forces go with body mass, activation does not."""
        away = features(slow, person) - self.at

        def moved(name: str) -> Array:
            base, slope, floor = getattr(self.demands, name), getattr(self.slopes, name), _FLOOR[name]
            change = FARTHEST * jnp.tanh(jnp.tensordot(away, slope, 1) / FARTHEST)
            return jax.nn.relu((base + floor) * jnp.exp(change) - floor)

        return Demands(
            moved("activation"), person.weight * moved("compression"), person.weight * moved("facet")
        )


def cases(exercises: Sequence[Exercise]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of all cases, and which exercise each of those after the activities belongs to."""
    turns = [(index, f"{one.exercise}_{side}") for index, one in enumerate(exercises) for side in one.turns]
    return (*life.ACTIVITIES, *(name for _, name in turns)), tuple(index for index, _ in turns)


def _asked(bodies: Model, exercises: Sequence[Exercise]) -> Asked:
    """Every case on every body of a stack, the cases of a body following each other."""
    fascicles = jax.tree.map(lambda leaf: leaf[0], bodies.fascicles)
    turns = [(one, side) for one in exercises for side in one.turns]
    tasks = stacked([*life.tasks(), *(one.task(side) for one, side in turns)])
    silent = np.zeros(len(fascicles.name))
    cues = np.stack([*[silent] * len(life.ACTIVITIES), *(one.cued(fascicles, side) for one, side in turns)])
    count, size = len(bodies.person.mass), len(cues)
    spread = jax.tree.map(lambda leaf: np.repeat(np.asarray(leaf), size, axis=0), bodies)
    tiled = jax.tree.map(lambda leaf: np.tile(leaf, (count, *[1] * (leaf.ndim - 1))), tasks)
    return Asked(spread, tiled, jnp.asarray(np.tile(cues, (count, 1))))


def _demands(ends: Equilibrium, count: int) -> Demands:
    """Demands by (body, case, ...); NaN where there is no equilibrium."""
    held = words(Status, ends.status) == "converged"

    def kept(value: np.ndarray) -> Array:
        whole = np.where(held[:, None], value, np.nan)
        return jnp.asarray(whole.reshape(count, -1, value.shape[-1]))

    return Demands(
        kept(np.asarray(ends.group_activation)),
        kept(np.asarray(ends.disc_compression)),
        kept(np.max(np.asarray(ends.facet_force), axis=-1)),
    )


def solved(bodies: Model, exercises: Sequence[Exercise]) -> tuple[Demands, Float[np.ndarray, "level"]]:
    """Demands of every case on every body of a stack, and the pressure a newton makes in each disc [Pa/N]."""
    ends = solve_asked(_asked(bodies, exercises))
    ratio = np.asarray(ends.intradiscal_pressure / ends.disc_compression)
    return _demands(ends, len(bodies.person.mass)), np.nanmedian(ratio, axis=0)


def exact(
    model: Model, exercises: Sequence[Exercise], slow: Slow, person: Person, last: Demands | None = None
) -> Responses:
    """The demands on a person's body of the day, by equilibrium solves; they hold until asked anew.

    A case that the body is too weak for keeps the demands `last` known; the first time, those of the healthy
    `model`.
    """
    bodies = [body(model, slow, person)] + ([model] if last is None else [])
    found, per_force = solved(stacked(bodies), exercises)
    spare = jax.tree.map(lambda leaf: leaf[1], found) if last is None else last
    mine = jax.tree.map(lambda leaf, other: np.where(np.isnan(leaf[0]), other, leaf[0]), found, spare)
    nothing = jax.tree.map(lambda leaf: np.zeros((len(FEATURES), *leaf.shape)), mine)
    return _as_arrays(features(slow, person), mine, nothing, per_force, exercises)


def _as_arrays(
    at: Array | np.ndarray,
    demands: Demands,
    slopes: Demands,
    per_force: np.ndarray,
    exercises: Sequence[Exercise],
) -> Responses:
    names, owner = cases(exercises)
    numbers = jax.tree.map(jnp.asarray, (demands, slopes, at, per_force))
    return Responses(*numbers, case=names, owner=owner)


def reduced(
    model: Model, exercises: Sequence[Exercise], *, samples: int = SAMPLES, seed: int = 0
) -> Responses:
    """The reduced map around the healthy `model`, fitted to `samples` bodies by ridge regression."""
    drawn, bodies = sampled(model, samples, seed)
    demands, per_force = solved(bodies, exercises)

    def fitted(name: str) -> tuple[np.ndarray, np.ndarray]:
        value = np.log(np.maximum(getattr(demands, name), 0.0) + _FLOOR[name])
        return _ridge(np.asarray(drawn), value)

    ends = {name: fitted(name) for name in _FLOOR}
    base = Demands(**{name: jnp.exp(first) - _FLOOR[name] for name, (first, _) in ends.items()})
    slopes = Demands(**{name: jnp.asarray(slope) for name, (_, slope) in ends.items()})
    return _as_arrays(np.zeros(len(FEATURES)), base, slopes, per_force, exercises)


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


def nobody() -> Person:
    """A healthy person without pain."""
    from spinesim.adaptation.state import STRETCHED
    from spinesim.models.anatomy import LEVELS
    from spinesim.models.groups import REPORTED

    zero, one = jnp.zeros(()), jnp.ones(())
    return Person(
        weight=one, pain=zero, long_standing=zero, fear=zero, central=zero, stress=zero, ultimate=5810 * one,
        tolerance=3000 * one, response=one, course=one, gain=one, frailty=zero, willing=zero, nutrition=one,
        deficit=jnp.zeros(len(REPORTED)), inhibited=jnp.zeros(len(REPORTED)),
        tight=jnp.zeros(len(STRETCHED)), degenerated=jnp.zeros(len(LEVELS)), balance_level=one,
        neuropathy=zero,
    )  # fmt: skip


def restricted(whole: Responses, known: Sequence[str], wanted: Sequence[str]) -> Responses:
    """The map of some of its exercises, in another order; `known` names those it was fitted for."""
    places = [known.index(name) for name in wanted]
    count, rest = len(life.ACTIVITIES), np.array(whole.owner, int)
    turned = [(i, case) for i, place in enumerate(places) for case in np.flatnonzero(rest == place)]
    rows = np.array([*range(count), *(count + case for _, case in turned)])
    return Responses(
        at=whole.at,
        demands=jax.tree.map(lambda leaf: leaf[rows], whole.demands),
        slopes=jax.tree.map(lambda leaf: leaf[:, rows], whole.slopes),
        pressure_per_force=whole.pressure_per_force,
        case=tuple(whole.case[row] for row in rows),
        owner=tuple(i for i, _ in turned),
    )
