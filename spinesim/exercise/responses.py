"""What the engine answers: the demands of activities and exercises on a body, and how they move with it.

Exact: a batch of equilibrium solves on the body of the day. For cohorts and optimisers the logarithm of every
demand is linear in a few numbers of the body (`body.FEATURES`), fitted to solves of sampled bodies
(`reduced`).
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._programs import kept
from spinesim._record import Record, quantity, static, words
from spinesim.adaptation.state import Person, Slow
from spinesim.exercise import life
from spinesim.exercise.body import FEATURES, body, features
from spinesim.exercise.engine import Asked, solve_asked, stacked
from spinesim.exercise.library import Exercise
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.build import lumbar_model
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status

#: Added before the logarithm, so that a silent muscle or an open facet has one [1, N, N].
FLOOR = {"activation": 0.02, "compression": 50.0, "facet": 10.0}
#: Change of a logarithm that the reduced map does not go beyond: what lies farther was not sampled.
FARTHEST = 1.0


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
        found = self.at_features(features(slow, person))
        return Demands(found.activation, person.weight * found.compression, person.weight * found.facet)

    def at_features(self, body: Float[Array, "feature"]) -> Demands:
        """The demands on a body of the reference's mass, by its features."""
        away = body - self.at

        def moved(name: str) -> Array:
            base, slope, floor = getattr(self.demands, name), getattr(self.slopes, name), FLOOR[name]
            change = FARTHEST * jnp.tanh(jnp.tensordot(away, slope, 1) / FARTHEST)
            return jax.nn.relu((base + floor) * jnp.exp(change) - floor)

        return Demands(moved("activation"), moved("compression"), moved("facet"))


def cases(exercises: Sequence[Exercise]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of all cases, and which exercise each of those after the activities belongs to."""
    turns = [(index, f"{one.exercise}_{side}") for index, one in enumerate(exercises) for side in one.turns]
    return (*life.ACTIVITIES, *(name for _, name in turns)), tuple(index for index, _ in turns)


def _asked(bodies: Model, exercises: Sequence[Exercise], count: int) -> Asked:
    """Every case on each of `count` people, whose bodies are stacked case by case."""
    fascicles = jax.tree.map(lambda leaf: leaf[0], bodies.fascicles)
    turns = [(one, side) for one in exercises for side in one.turns]
    tasks = stacked([*life.tasks(), *(one.tasks[side] for one, side in turns)])
    silent = np.zeros(len(fascicles.name))
    cues = np.stack([*[silent] * len(life.ACTIVITIES), *(one.cued(fascicles, side) for one, side in turns)])
    tiled = jax.tree.map(lambda leaf: np.tile(leaf, (count, *[1] * (leaf.ndim - 1))), tasks)
    return Asked(bodies, tiled, jnp.asarray(np.tile(cues, (count, 1))))


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
    size = len(cases(exercises)[0])
    return by_case(jax.tree.map(lambda leaf: np.repeat(np.asarray(leaf), size, axis=0), bodies), exercises)


def by_case(bodies: Model, exercises: Sequence[Exercise]) -> tuple[Demands, Float[np.ndarray, "level"]]:
    """The same for people whose bodies are stacked case by case."""
    count = len(bodies.person.mass) // len(cases(exercises)[0])
    ends = solve_asked(_asked(bodies, exercises, count))
    ratio = np.asarray(ends.intradiscal_pressure / ends.disc_compression)
    return _demands(ends, count), np.nanmedian(ratio, axis=0)


def exact(
    model: Model,
    exercises: Sequence[Exercise],
    slow: Slow,
    person: Person,
    last: Demands | None = None,
    fluid: Float[Array, "case level"] | None = None,
) -> Responses:
    """The demands on a person's body of the day, by equilibrium solves; they hold until asked anew.

    A case that the body is too weak for keeps the demands `last` known; the first time, those of the healthy
    `model`, or where that is too weak as well (a curl-up, in a small woman) those of the usual man. `fluid`
    is what each case finds in the discs (`hydration.day_fluid`); all of it by default.
    """
    if last is None:
        found, per_force = solved(stacked([body(model, slow, person), model]), exercises)
        spare = _spare(jax.tree.map(lambda leaf: leaf[1], found), model, exercises)
    else:
        share = jnp.ones((len(cases(exercises)[0]), len(LEVELS))) if fluid is None else fluid
        found, per_force = by_case(_bodies(model, slow, person, share), exercises)
        spare = last
    mine = jax.tree.map(lambda leaf, other: np.where(np.isnan(leaf[0]), other, leaf[0]), found, spare)
    nothing = jax.tree.map(lambda leaf: np.zeros((len(FEATURES), *leaf.shape)), mine)
    return as_arrays(features(slow, person), mine, nothing, per_force, exercises)


@kept
def _bodies(model: Model, slow: Slow, person: Person, fluid: Float[Array, "case level"]) -> Model:
    """The body of a day by what each case finds in the discs."""
    return jax.vmap(lambda one: body(model, slow, person, one))(fluid)


def _spare(found: Demands, model: Model, exercises: Sequence[Exercise]) -> Demands:
    """The demands on a healthy body; what it is too weak for, as on the usual man, loads by body mass."""
    if not any(np.isnan(leaf).any() for leaf in jax.tree.leaves(found)):
        return found
    man = lumbar_model()
    usual, _ = solved(stacked([man]), exercises)
    lighter = model.person.mass / man.person.mass
    known = Demands(usual.activation[0], lighter * usual.compression[0], lighter * usual.facet[0])
    return jax.tree.map(lambda own, other: jnp.where(jnp.isnan(own), other, own), found, known)


def as_arrays(
    at: Array | np.ndarray,
    demands: Demands,
    slopes: Demands,
    per_force: np.ndarray,
    exercises: Sequence[Exercise],
) -> Responses:
    names, owner = cases(exercises)
    numbers = jax.tree.map(jnp.asarray, (demands, slopes, at, per_force))
    return Responses(*numbers, case=names, owner=owner)


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
