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
from spinesim.adaptation.state import Person, Slow, initial, strength
from spinesim.exercise import dose
from spinesim.exercise.dose import Menu
from spinesim.exercise.library import Exercise
from spinesim.exercise.life import Routine
from spinesim.exercise.matching import matched_plan, matched_sets
from spinesim.exercise.population import People, people, shuffled
from spinesim.exercise.programme import WEEKS, Plan, Programme, check, minutes, programme, spread
from spinesim.exercise.responses import Responses, reduced
from spinesim.exercise.unfold import Setting, unfold
from spinesim.models.anatomy import Model
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


def scatter(noise: Float[Array, "day"], p: Parameters) -> Float[Array, "day"]:
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
    persons: Person, routines: Routine, plans: Plan, shared: Setting, chance: Array, noise: Array,
    p: Parameters, varied: bool,
) -> Result:  # fmt: skip
    """A chunk of people in one programme; parameters are one for all, or one for each where `varied`."""

    def one(
        person: Person, routine: Routine, plan: Plan, chance: Array, noise: Array, p: Parameters
    ) -> Result:
        start = initial(person, p)
        setting = eqx.tree_at(
            lambda it: (it.person, it.routine, it.plan, it.start, it.p, it.chance), shared,
            (person, routine, plan, start, p, chance),
        )  # fmt: skip
        return simulate_one(setting, noise)

    axes = (0, 0, 0, 0, 0, 0 if varied else None)
    return jax.vmap(one, in_axes=axes)(persons, routines, plans, chance, noise, p)


def menu_of(chosen: Sequence[Programme], pool: Sequence[Exercise] = ()) -> tuple[Exercise, ...]:
    """Every exercise of some programmes, and of a pool, once."""
    found: dict[str, Exercise] = {}
    for one in (*(one for made in chosen for one in made.exercises), *pool):
        if found.setdefault(one.exercise, one) != one:
            raise ValueError(f"exercise {one.exercise!r} is in two programmes with different doses")
    return tuple(found.values())


def cohort(
    model: Model,
    programmes: Sequence[str | Programme],
    *,
    count: int = 500,
    weeks: int = 12,
    after: int = 0,
    seed: int = 0,
    structure: str = "shared",
    p: Parameters | None = None,
    crowd: People | None = None,
    responses: Responses | None = None,
    pool: Sequence[Exercise] = (),
) -> "Dataset":
    """Virtual patients through every programme, on common random numbers, as one labelled dataset.

    Two programmes are made for each person, at the dose of the first other one that trains: `targeted`,
    matched to what the person lacks, and `shuffled`, matched to what someone else lacks.

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
        pool: exercises that matching may choose from besides those of the programmes.

    Returns:
        A dataset over (programme, person, day or week). Intervals over people are quantiles along `person`;
        those over parameters come from other `p`, and are kept apart.

    Example:
        >>> ds = cohort(lumbar_model(), ["usual_care", "generic_core", "targeted"], count=1000)
    """
    named = [one if isinstance(one, Programme) or one in MADE else programme(one) for one in programmes]
    chosen = [one for one in named if isinstance(one, Programme)]
    exercises = menu_of(chosen, pool)
    within("weeks", weeks, 1, WEEKS)
    within("after", after, 0, WEEKS)
    crowd = people(count, seed) if crowd is None else crowd
    responses = reduced(model, exercises) if responses is None else responses
    menu = dose.menu(exercises, responses)
    common = {one.name: spread(one.plan(weeks), one.exercises, exercises) for one in chosen}
    plans = {}
    for one in named:
        if isinstance(one, Programme):
            check(exercises, common[one.name])
            plans[one.name] = _each(common[one.name], crowd.count)
        else:
            like = next((common[made.name] for made in chosen if made.exercises), None)
            if like is None:
                raise ValueError(f"{one!r} needs a programme of exercises beside it, whose dose it takes")
            said = crowd.person if one == "targeted" else shuffled(crowd, seed)
            plans[one] = _matched(crowd, said, exercises, responses, menu, like)
    found = run(plans, crowd, responses, menu, seed=seed, structure=structure, p=p, after=after)
    return _labelled(model, list(plans), found, crowd, structure, seed, weeks + after)


#: Programmes that are made for each person.
MADE = ("targeted", "shuffled")


def _matched(
    crowd: People, said: Person, exercises: Sequence[Exercise], responses: Responses, menu: Menu, like: Plan
) -> Plan:
    """A plan for each person, matched to the profile `said`, of as many minutes as `like`."""
    length = float(jnp.max(minutes(like, exercises)))
    made = []
    for index in range(crowd.count):
        profile = jax.tree.map(lambda leaf, index=index: leaf[index], said)
        sets = matched_sets(exercises, responses, menu, profile, np.asarray(dose.needs(profile)), length)
        made.append(matched_plan(like, sets))
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *made)


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
    """Every plan (stacked over people) on the same people and random numbers."""
    variant = VARIANTS[choose("structural variant", structure, VARIANTS)]
    numbers = parameters() if p is None else p
    weeks = next(iter(plans.values())).sessions.shape[1] + after
    chance, noise = draws(crowd.count, weeks, seed)
    first = {name: value if value.ndim == 0 else value[0] for name, value in numbers.items()}
    found = []
    for plan in plans.values():
        whole = _followed(plan, after)
        person, routine, own = jax.tree.map(lambda leaf: leaf[0], (crowd.person, crowd.routine, whole))
        shared = Setting(
            person,
            routine,
            responses,
            menu,
            own,
            initial(person, first),
            first,
            variant,
            jnp.zeros(7 * weeks),
        )
        found.append(_chunked(crowd, whole, shared, chance, noise, numbers))
    return found


def _each(plan: Plan, count: int) -> Plan:
    """The same plan for everyone."""
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), plan)


def draws(count: int, weeks: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Uniform numbers of flares and normal ones of diaries, the same for every programme."""
    rng = np.random.default_rng([seed, 1])
    return rng.random((count, 7 * weeks)), rng.standard_normal((count, 7 * weeks + 1))


def _followed(plan: Plan, after: int) -> Plan:
    """Plans stacked over people, with weeks of nothing after them."""

    def longer(leaf: Array) -> Array:
        return jnp.concatenate([leaf, jnp.zeros((leaf.shape[0], after, *leaf.shape[2:]))], axis=1)

    return jax.tree.map(longer, plan)


def _chunked(
    crowd: People, plans: Plan, shared: Setting, chance: np.ndarray, noise: np.ndarray, p: Parameters
) -> Result:
    varied = next(iter(p.values())).ndim > 0
    size = min(CHUNK, crowd.count)
    parts = []
    for first in range(0, crowd.count, size):
        rows = np.resize(np.arange(first, min(first + size, crowd.count)), size)
        own = (
            crowd.person,
            crowd.routine,
            plans,
            jnp.asarray(chance),
            jnp.asarray(noise),
            p if varied else {},
        )
        persons, routines, plan, luck, felt, numbers = jax.tree.map(lambda leaf, rows=rows: leaf[rows], own)
        ends = _chunk(persons, routines, plan, shared, luck, felt, numbers if varied else p, varied)
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
    ds["pain_at_start"] = xr.DataArray(
        np.asarray(crowd.person.pain), dims="person", attrs={"units": "points"}
    )
    return ds
