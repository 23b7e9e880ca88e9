"""Runs: plans on people, in chunks of one compiled shape, on common random numbers."""

from collections.abc import Mapping
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import choose
from spinesim._programs import kept
from spinesim._record import Record, quantity
from spinesim.adaptation.muscle import EXTENSORS
from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import Parameters, parameters
from spinesim.adaptation.state import Person, Slow, initial, strength
from spinesim.exercise.dose import Menu
from spinesim.exercise.life import Routine
from spinesim.exercise.population import People
from spinesim.exercise.programme import Plan
from spinesim.exercise.responses import Responses
from spinesim.exercise.unfold import Setting, unfold
from spinesim.models.groups import REPORTED

T = TypeVar("T")
#: Structural variants by name.
VARIANTS = {"shared": Structure.shared, "none": Structure.none, "only": Structure.only}
#: People simulated at once.
CHUNK = 250
_EXTENSORS = np.array([float(name.startswith(EXTENSORS)) for name in REPORTED])
_EXTENSORS /= _EXTENSORS.sum()
_MULTIFIDUS = np.array([float(name.startswith("multifidus")) / 2 for name in REPORTED])


class Result(Record):
    """What is kept of one person in one programme."""

    pain: Float[Array, "day"] = quantity("points", "day")  # of a usual moment
    diary: Float[Array, "day"] = quantity("points", "day")  # as felt on the day, with its scatter
    structural: Float[Array, "day"] = quantity("1", "day")  # what muscle and tissue added to pain [logit]
    flares: Float[Array, "day"] = quantity("1", "day")  # so far
    adherence: Float[Array, "week"] = quantity("1", "week")
    strength: Float[Array, "week_end"] = quantity("1", "week_end")  # mean over groups, over that of the start
    extension_strength: Float[Array, "week_end"] = quantity("1", "week_end")
    endurance: Float[Array, "week_end"] = quantity("1", "week_end")
    skill: Float[Array, "week_end"] = quantity("1", "week_end")
    multifidus_size: Float[Array, "week_end"] = quantity("1", "week_end")
    hip_range: Float[Array, "week_end"] = quantity("deg", "week_end")  # gained
    inflammation: Float[Array, "week_end"] = quantity("1", "week_end")
    glycans: Float[Array, "week_end"] = quantity("1", "week_end")  # of the lowest two discs
    fear: Float[Array, "week_end"] = quantity("1", "week_end")
    activity: Float[Array, "week_end"] = quantity("1", "week_end")


def _kept(states: Slow, start: Slow) -> dict[str, Array]:
    gained = jax.vmap(strength)(states) / strength(start)
    return {
        "strength": jnp.mean(gained, axis=1),
        "extension_strength": gained @ _EXTENSORS,
        "endurance": jnp.mean(states.endurance, axis=1),
        "skill": jnp.mean(states.skill, axis=1),
        "multifidus_size": states.size @ _MULTIFIDUS,
        "hip_range": jnp.mean((states.stretch_tolerance + states.stretch_length)[:, :2], axis=1),
        "inflammation": jnp.sum(states.inflammation, axis=1),
        "glycans": jnp.mean(states.glycans[:, :2], axis=1),
        "fear": states.fear,
        "activity": states.activity,
    }


def scatter(noise: Float[Array, "moment"], p: Parameters) -> Float[Array, "moment"]:
    """Momentary scatter of pain [points]: an Ornstein-Uhlenbeck process sampled daily, exact."""
    kept = jnp.exp(-1 / p["momentary_time"])

    def on(last: Array, drawn: Array) -> tuple[Array, Array]:
        now = kept * last + jnp.sqrt(1 - kept**2) * drawn
        return now, now

    _, path = jax.lax.scan(on, noise[0], noise[1:])
    return p["momentary_sd"] * jnp.concatenate([noise[:1], path])


def simulate_one(setting: Setting, noise: Float[Array, "moment"]) -> Result:
    """One person in one programme."""
    path = unfold(setting, setting.start)
    diary = jnp.clip(path.pain + scatter(noise, setting.p), 0.0, 100.0)
    kept = _kept(path.week, setting.start)
    return Result(path.pain, diary, path.structural, path.flares, path.done, **kept)


class Own(Record):
    """What differs from person to person, stacked; `p` is empty where parameters are one for all."""

    person: Person
    routine: Routine
    plan: Plan
    p: Parameters
    chance: Float[Array, "*person day"] = quantity("1", "day")
    noise: Float[Array, "*person moment"] = quantity("1", "moment")


def run(
    plans: Mapping[str, Plan],
    crowd: People,
    responses: Responses,
    menu: Menu,
    *,
    seed: int = 0,
    structure: str = "shared",
    p: Parameters | None = None,
    after: int = 0,
) -> list[Result]:
    """Every plan (stacked over people) on the same people and random numbers, then `after` weeks of rest."""
    variant = VARIANTS[choose("structural variant", structure, VARIANTS)]
    numbers = parameters() if p is None else p
    varied = next(iter(numbers.values())).ndim > 0
    weeks = next(iter(plans.values())).sessions.shape[1] + after
    chance, noise = (jnp.asarray(drawn) for drawn in draws(crowd.count, weeks, seed))
    first = _row(numbers, 0) if varied else numbers
    found = []
    for plan in plans.values():
        followed = _followed(plan, after)
        own = Own(crowd.person, crowd.routine, followed, numbers if varied else {}, chance, noise)
        one = _row(own, 0)
        shared = Setting(
            one.person, one.routine, responses, menu, one.plan, initial(one.person, first), first, variant,
            one.chance,
        )  # fmt: skip
        found.append(_chunked(own, shared, crowd.count))
    return found


def draws(count: int, weeks: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Uniform numbers of flares and normal ones of diaries, the same for every programme."""
    rng = np.random.default_rng([seed, 1])
    return rng.random((count, 7 * weeks)), rng.standard_normal((count, 7 * weeks + 1))


def stacked_plan(plan: Plan, count: int) -> Plan:
    """The same plan for everyone."""
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), plan)


def _row(tree: T, index: int | np.ndarray) -> T:
    """A row or several, through numpy, which takes no program for each."""
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[index]), tree)


def _followed(plan: Plan, after: int) -> Plan:
    """Plans stacked over people, with weeks of nothing after them."""

    def longer(leaf: Array) -> Array:
        nothing = np.zeros((leaf.shape[0], after, *leaf.shape[2:]))
        return jnp.asarray(np.concatenate([np.asarray(leaf), nothing], axis=1))

    return jax.tree.map(longer, plan)


def _chunked(own: Own, shared: Setting, count: int) -> Result:
    size = min(CHUNK, count)
    parts = []
    for first in range(0, count, size):
        kept = min(size, count - first)
        ends = _chunk(_row(own, np.resize(np.arange(first, first + kept), size)), shared)
        parts.append(jax.tree.map(lambda leaf, kept=kept: np.asarray(leaf)[:kept], ends))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


@kept
def _chunk(own: Own, shared: Setting) -> Result:
    """A chunk of people in one programme."""

    def one(own: Own) -> Result:
        p = own.p or shared.p
        setting = eqx.tree_at(
            lambda it: (it.person, it.routine, it.plan, it.start, it.p, it.chance), shared,
            (own.person, own.routine, own.plan, initial(own.person, p), p, own.chance),
        )  # fmt: skip
        return simulate_one(setting, own.noise)

    return jax.vmap(one)(own)
