"""Virtual patients: people whose pain, fear, strength and habits vary together.

Two common factors make the correlations, severity and deconditioning; each number loads on them as the table
says, the rest of its variance is its own. A hypothesis of the authors, evidence grade D.
"""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from spinesim._names import integer, within
from spinesim._record import Record
from spinesim.adaptation.state import Person, nobody
from spinesim.exercise.body import CLUSTER_MEAN, CLUSTERS
from spinesim.exercise.library import FOLDER
from spinesim.exercise.life import Routine, routines
from spinesim.models import tables
from spinesim.models.groups import REPORTED

#: Mass of the engine's body [kg].
MASS = 75.0
#: Largest difference of the sides of a group that is drawn.
_ASYMMETRY = 0.06


class People(Record):
    """Persons and their ordinary days, stacked."""

    person: Person
    routine: Routine

    @property
    def count(self) -> int:
        """How many."""
        return len(self.person.pain)


@cache
def _rows() -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in tables.read(FOLDER / "population.csv").rows}


def people(count: int, seed: int, *, long_standing: float = 0.0, pain: float | None = None) -> People:
    """`count` virtual patients, 1 to 100,000; the same for the same seed.

    Args:
        count: how many.
        seed: of the draws.
        long_standing: share whose pain has lasted for more than a year, 0 to 1.
        pain: mean pain at the start [points], 1 to 99; that of the table (50) by default.
    """
    count = integer("people", count, 1, 100_000)
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((2, count))
    drawn = {name: _drawn(name, factors, rng, count) for name in _rows() if name != "deficit"}
    if pain is not None:
        drawn["pain"] = np.clip(drawn["pain"] - 50 + within("pain", pain, 1, 99), 1, 99)
    clusters = np.stack([_drawn("deficit", factors, rng, count) for _ in CLUSTERS], axis=1)
    own = clusters @ (CLUSTER_MEAN > 0) + _ASYMMETRY * rng.standard_normal((count, len(REPORTED)))
    multifidus = CLUSTER_MEAN[0] > 0
    person = eqx.tree_at(
        lambda one: tuple(getattr(one, name) for name in _PLAIN),
        _many(nobody(), count),
        tuple(jnp.asarray(drawn[name]) for name in _PLAIN),
    )
    person = eqx.tree_at(
        lambda one: (one.weight, one.long_standing, one.deficit, one.inhibited, one.tight, one.degenerated),
        person,
        (
            jnp.asarray(drawn["mass"] / MASS),
            jnp.asarray((rng.random(count) < within("long_standing", long_standing, 0, 1)).astype(float)),
            jnp.asarray(np.clip(own * (CLUSTER_MEAN.sum(axis=0) > 0), 0.0, 0.6)),
            jnp.asarray(drawn["inhibited"][:, None] * multifidus),
            jnp.asarray(np.clip(drawn["tight"][:, None] + 2 * rng.standard_normal((count, 4)), 0, 25)),
            jnp.asarray(drawn["degenerated"][:, None] * np.array([1, 1, 0.3, 0.3, 0.3, 0.3])),
        ),
    )
    return People(person, routines(drawn["sitting"], drawn["lifts"]))


_PLAIN = (
    "pain", "course", "gain", "fear", "central", "tolerance", "ultimate", "response", "frailty", "willing",
    "nutrition", "stress",
)  # fmt: skip


def _many(person: Person, count: int) -> Person:
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), person)


def _drawn(
    name: str, factors: Float[np.ndarray, "2 person"], rng: np.random.Generator, count: int
) -> Float[np.ndarray, "person"]:
    row = _rows()[name]
    mean, sd, low, high, *loading = (
        float(row[key]) for key in ("mean", "sd", "low", "high", "severity", "condition")
    )
    own = np.sqrt(1 - np.sum(np.square(loading)))
    noise = np.array(loading) @ factors + own * rng.standard_normal(count)
    value = mean * np.exp(sd * noise - 0.5 * sd**2) if row["scale"] == "log" else mean + sd * noise
    return np.clip(value, low, high)


def recovered(count: int, seed: int) -> People:
    """People who have just recovered from an episode: hardly any pain, nothing sensitised."""
    crowd = people(count, seed, pain=5.0)
    calm = jnp.zeros(count)
    person = eqx.tree_at(
        lambda one: (one.pain, one.central, one.fear, one.inhibited, one.course),
        crowd.person,
        (calm + 5.0, calm, 0.5 * crowd.person.fear, 0.5 * crowd.person.inhibited, calm),
    )
    return People(person, crowd.routine)


def shuffled(crowd: People, seed: int) -> Person:
    """The same people with each other's deficits: what a wrong profile would be targeted at."""
    order = np.random.default_rng(seed).permutation(crowd.count)
    own = crowd.person
    return eqx.tree_at(
        lambda one: (one.deficit, one.inhibited, one.tight),
        own,
        (own.deficit[order], own.inhibited[order], own.tight[order]),
    )


#: What is not known of one person and spread as in the population; and the error of what tests say of them
#: (assumed): of deficits of a cluster of muscles, of inhibition [1], of range [deg].
_UNKNOWN = ("response", "course", "gain", "frailty", "willing")
_UNSURE = {"deficit": 0.06, "inhibited": 0.06, "tight": 3.0}


def tolerance_spread() -> float:
    """SD of the logarithm of the tolerance between people."""
    return float(_rows()["tolerance"]["sd"])


def same_person(known: Person, routine: Routine, count: int, seed: int) -> People:
    """The same person many times: what is not known of them differs as it does between people.

    Response, course, gain and luck are not known at all; what tests say of deficits is known but for their
    error. The tolerance is held: with another one, the day before would have hurt as well.
    """
    rng = np.random.default_rng([seed, 2])
    person, days = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), (known, routine))
    factors = rng.standard_normal((2, count))
    own = {name: jnp.asarray(_drawn(name, factors, rng, count)) for name in _UNKNOWN}
    by_group = rng.standard_normal((count, len(CLUSTERS))) @ (CLUSTER_MEAN > 0)
    noise = {
        "deficit": by_group,
        "inhibited": rng.standard_normal((count, 1)),
        "tight": rng.standard_normal((count, 4)),
    }
    for name, error in _UNSURE.items():
        told = getattr(known, name)
        there = jnp.where(told > 0, told + error * noise[name], 0.0)
        own[name] = jnp.clip(there, 0.0, 25.0 if name == "tight" else 0.6)
    drawn = eqx.tree_at(lambda one: [getattr(one, name) for name in own], person, list(own.values()))
    return People(drawn, days)
