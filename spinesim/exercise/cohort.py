"""Cohorts: many virtual patients through several programmes, on common random numbers."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import choose, within
from spinesim._provenance import provenance
from spinesim._record import Record, quantity
from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import Parameters, parameters
from spinesim.adaptation.state import STRETCHED, Person, Slow, initial, strength
from spinesim.exercise import dose
from spinesim.exercise.body import CLUSTERS
from spinesim.exercise.library import Exercise
from spinesim.exercise.life import Routine
from spinesim.exercise.population import People, people
from spinesim.exercise.programme import Programme, check, programme, spread
from spinesim.exercise.responses import Responses, reduced
from spinesim.exercise.unfold import Setting, unfold
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.groups import REPORTED

if TYPE_CHECKING:
    from xarray import Dataset

#: Structural variants by name.
VARIANTS = {"shared": Structure.shared, "none": Structure.none, "only": Structure.only}
#: People simulated at once: a chunk of one compiled shape.
CHUNK = 250


class Result(Record):
    """What is kept of one person in one programme."""

    pain: Float[Array, "day"] = quantity("points", "day")  # of a usual moment
    diary: Float[Array, "day"] = quantity("points", "day")  # as felt on the day, with its scatter
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


_EXTENSORS = np.array([
    float(name.startswith(("multifidus", "longissimus", "iliocostalis"))) for name in REPORTED
])  # fmt: skip
_EXTENSORS /= _EXTENSORS.sum()
_MULTIFIDUS = np.array([float(name.startswith("multifidus")) / 2 for name in REPORTED])


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


def scatter(
    noise: Float[Array, "day"], p: Parameters
) -> Float[Array, "day"]:
    """Momentary scatter of pain [points]: an Ornstein-Uhlenbeck process sampled daily, exact."""
    kept = jnp.exp(-1 / p["momentary_time"])

    def on(last: Array, drawn: Array) -> tuple[Array, Array]:
        now = kept * last + jnp.sqrt(1 - kept**2) * drawn
        return now, now

    _, path = jax.lax.scan(on, noise[0], noise[1:])
    return p["momentary_sd"] * jnp.concatenate([noise[:1], path])


def simulate_one(setting: Setting, noise: Float[Array, "day"]) -> Result:
    """One person in one programme."""
    path = unfold(setting, setting.start)
    diary = jnp.clip(path.pain + scatter(noise, setting.p), 0.0, 100.0)
    return Result(path.pain, diary, path.flares, path.done, **_kept(path.week, setting.start))


@eqx.filter_jit
def _chunk(
    persons: Person, routines: Routine, shared: Setting, chance: Array, noise: Array, p: Parameters,
    varied: bool,
) -> Result:  # fmt: skip
    """A chunk of people in one programme; parameters are one for all, or one for each where `varied`."""

    def one(person: Person, routine: Routine, chance: Array, noise: Array, p: Parameters) -> Result:
        start = initial(person, p)
        setting = eqx.tree_at(
            lambda it: (it.person, it.routine, it.start, it.p, it.chance), shared,
            (person, routine, start, p, chance),
        )  # fmt: skip
        return simulate_one(setting, noise)

    return jax.vmap(one, in_axes=(0, 0, 0, 0, 0 if varied else None))(persons, routines, chance, noise, p)


def menu_of(chosen: Sequence[Programme]) -> tuple[Exercise, ...]:
    """Every exercise of some programmes once."""
    found: dict[str, Exercise] = {}
    for made in chosen:
        for one in made.exercises:
            if found.setdefault(one.exercise, one) != one:
                raise ValueError(f"exercise {one.exercise!r} is in two programmes with different doses")
    return tuple(found.values())


def cohort(
    model: Model,
    programmes: Sequence[str | Programme],
    *,
    count: int = 500,
    weeks: int = 12,
    seed: int = 0,
    structure: str = "shared",
    p: Parameters | None = None,
    crowd: People | None = None,
    responses: Responses | None = None,
    after: int = 0,
) -> "Dataset":
    """Virtual patients through every programme, on common random numbers, as one labelled dataset.

    Args:
        model: the engine's body; the reduced map of `responses` is fitted around it.
        programmes: by name, or made.
        count: people, 1 to 100,000.
        weeks: 1 to 104; `after` weeks of ordinary life follow.
        seed: of people, flares and diaries.
        structure: "shared", "none" or "only": which paths reach pain (see `pain.Structure`).
        p: parameters: the table's, or draws of them, one for each person.
        crowd: people drawn before, instead of `count` new ones.
        responses: a reduced map of the same exercises, if there is one.

    Returns:
        A dataset over (programme, person, day or week). Intervals over people are quantiles along `person`;
        those over parameters come from several calls with other `p` (`uncertainty`).
    """
    chosen = [programme(one) if isinstance(one, str) else one for one in programmes]
    exercises = menu_of(chosen)
    variant = VARIANTS[choose("structural variant", structure, VARIANTS)]
    total = int(within("weeks", weeks, 1, 104) + within("after", after, 0, 104))
    crowd = people(count, seed) if crowd is None else crowd
    responses = reduced(model, exercises) if responses is None else responses
    menu = dose.menu(exercises, responses)
    numbers = parameters() if p is None else p
    chance, noise = draws(crowd.count, total, seed)
    found = []
    for made in chosen:
        plan = made.plan(weeks)
        check(made.exercises, plan)
        plan = _followed(spread(plan, made.exercises, exercises), after)
        person, routine = jax.tree.map(lambda leaf: leaf[0], (crowd.person, crowd.routine))
        shared = Setting(
            person, routine, responses, menu, plan, initial(person, parameters()), parameters(), variant,
            jnp.zeros(7 * total),
        )  # fmt: skip
        found.append(_chunked(crowd, shared, chance, noise, numbers))
    return _labelled(model, [made.name for made in chosen], found, crowd, structure, seed, total)


def draws(count: int, weeks: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Uniform numbers of flares and normal ones of diaries, the same for every programme."""
    rng = np.random.default_rng([seed, 1])
    return rng.random((count, 7 * weeks)), rng.standard_normal((count, 7 * weeks + 1))


def _followed(plan: Any, after: int) -> Any:
    """A plan with weeks of nothing after it."""

    def longer(leaf: Array) -> Array:
        return jnp.concatenate([leaf, jnp.zeros((after, *leaf.shape[1:]))])

    return jax.tree.map(longer, plan)


def _chunked(
    crowd: People, shared: Setting, chance: np.ndarray, noise: np.ndarray, p: Parameters
) -> Result:
    varied = next(iter(p.values())).ndim > 0
    size = min(CHUNK, crowd.count)
    parts = []
    for first in range(0, crowd.count, size):
        rows = np.resize(np.arange(first, min(first + size, crowd.count)), size)
        persons, routines = jax.tree.map(lambda leaf, rows=rows: leaf[rows], (crowd.person, crowd.routine))
        own = {name: value[rows] for name, value in p.items()} if varied else p
        ends = _chunk(persons, routines, shared, jnp.asarray(chance[rows]), jnp.asarray(noise[rows]), own, varied)
        kept = min(size, crowd.count - first)
        parts.append(jax.tree.map(lambda leaf, kept=kept: np.asarray(leaf)[:kept], ends))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _labelled(
    model: Model, names: list[str], found: list[Result], crowd: People, structure: str, seed: int, weeks: int
) -> "Dataset":
    import xarray as xr

    from spinesim._record import to_dataset

    whole = jax.tree.map(lambda *leaves: np.stack(leaves), *found)
    ds = to_dataset(whole, {}, ("programme", "person"), **provenance(model, model))
    about: Mapping[str, Any] = {
        "structure": structure, "seed": seed,
        "said": "A research and teaching model; it gives no medical advice.",
    }  # fmt: skip
    ds = ds.assign_coords(
        programme=names, day=np.arange(7 * weeks + 1), week=np.arange(weeks), week_end=np.arange(weeks + 1)
    ).assign_attrs(about)
    ds["pain_at_start"] = xr.DataArray(np.asarray(crowd.person.pain), dims="person", attrs={"units": "points"})
    return ds


