"""Cohorts: many virtual patients through several programmes, on common random numbers."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from spinesim._names import integer, several
from spinesim._provenance import provenance
from spinesim.adaptation.parameters import Parameters, drawn, person_of
from spinesim.adaptation.state import Person
from spinesim.exercise import dose
from spinesim.exercise.dose import Menu
from spinesim.exercise.library import Exercise
from spinesim.exercise.matching import matched_plan, matched_sets, offers
from spinesim.exercise.population import People, people, shuffled
from spinesim.exercise.programme import WEEKS, Plan, Programme, check, minutes, programme, spread
from spinesim.exercise.reduced import reduced
from spinesim.exercise.responses import Responses
from spinesim.exercise.runs import Result, run, stacked_plan
from spinesim.models.anatomy import Model

if TYPE_CHECKING:
    from xarray import Dataset

#: Programmes that are made for each person.
MADE = ("targeted", "shuffled")
#: Most draws of the parameters.
MOST_DRAWS = 1000


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
    draws: int = 0,
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
        draws: of the parameters, 0 to 1000: the same people once more with each, of whom the mean is kept.
        seed: of people, flares and diaries.
        structure: "shared", "none" or "only": which paths reach pain (see `pain.Structure`).
        p: parameters; the table's by default.
        crowd: people drawn before, instead of `count` new ones.
        responses: a reduced map of the same exercises, if there is one.
        pool: exercises that matching may choose from besides those of the programmes.

    Returns:
        A dataset over (programme, person, day or week). People differ along `person`; what is not known of
        the parameters is kept apart, as `pain_mean` over (programme, draw, day): `outcome.effect` gives both
        intervals.

    Example:
        >>> ds = cohort(lumbar_model(), ["usual_care", "generic_core", "targeted"], count=1000, draws=20)
    """
    several("programmes", programmes)
    if not programmes:
        raise ValueError("a cohort needs at least one programme")
    named = [one if isinstance(one, Programme) or one in MADE else programme(one) for one in programmes]
    weeks, after = integer("weeks", weeks, 1, WEEKS), integer("after", after, 0, WEEKS)
    draws = integer("draws", draws, 0, MOST_DRAWS)
    exercises = menu_of([one for one in named if isinstance(one, Programme)], pool)
    crowd = people(count, seed) if crowd is None else crowd
    responses = reduced(model, exercises) if responses is None else responses
    menu = dose.menu(exercises, responses)
    plans = _plans(named, exercises, crowd, responses, menu, weeks, seed)

    def once(p: Parameters | None) -> list[Result]:
        return run(plans, crowd, responses, menu, seed=seed, structure=structure, p=p, after=after)

    ds = _labelled(model, list(plans), once(p), crowd, structure, seed, weeks + after)
    if draws:
        told = drawn(draws, seed)
        means = [np.stack([arm.pain.mean(axis=0) for arm in once(person_of(told, i))]) for i in range(draws)]
        ds["pain_mean"] = (("programme", "draw", "day"), np.stack(means, axis=1), {"units": "points"})
    return ds


def _plans(
    named: Sequence[str | Programme],
    exercises: Sequence[Exercise],
    crowd: People,
    responses: Responses,
    menu: Menu,
    weeks: int,
    seed: int,
) -> dict[str, Plan]:
    """A plan for each person by programme; made ones take the dose of the first that trains."""
    common = {
        one.name: spread(one.plan(weeks), one.exercises, exercises)
        for one in named
        if isinstance(one, Programme)
    }
    like = next((common[one.name] for one in named if isinstance(one, Programme) and one.exercises), None)
    plans = {}
    for one in named:
        if isinstance(one, Programme):
            check(exercises, common[one.name])
            plans[one.name] = stacked_plan(common[one.name], crowd.count)
        else:
            if like is None:
                raise ValueError(f"{one!r} needs a programme of exercises beside it, whose dose it takes")
            said = crowd.person if one == "targeted" else shuffled(crowd, seed)
            plans[one] = _matched(crowd.count, said, exercises, responses, menu, like)
    return plans


def _matched(
    count: int, said: Person, exercises: Sequence[Exercise], responses: Responses, menu: Menu, like: Plan
) -> Plan:
    """A plan for each person, matched to the profile `said`, of as many minutes as `like`."""
    length = float(jnp.max(minutes(like, exercises)))
    offered, wanted = offers(exercises, responses, menu, said), jax.vmap(dose.needs)(said)
    made = []
    for index in range(count):
        mine = jax.tree.map(lambda leaf, index=index: leaf[index], offered)
        made.append(matched_plan(like, matched_sets(exercises, mine, np.asarray(wanted[index]), length)))
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *made)


def _labelled(
    model: Model, names: list[str], found: list[Result], crowd: People, structure: str, seed: int, weeks: int
) -> "Dataset":
    import xarray as xr

    from spinesim._record import to_dataset

    whole = jax.tree.map(lambda *leaves: np.stack(leaves), *found)
    ds = to_dataset(whole, {}, ("programme", "person"), **provenance(model, model))
    about: Mapping[str, str | int] = {
        "structure": structure, "seed": seed,
        "said": "A research and teaching model; it gives no medical advice.",
    }  # fmt: skip
    ds = ds.assign_coords(
        programme=names, day=np.arange(7 * weeks + 1), week=np.arange(weeks), week_end=np.arange(weeks + 1)
    ).assign_attrs(about)
    start = np.asarray(crowd.person.pain)
    ds["pain_at_start"] = xr.DataArray(start, dims="person", attrs={"units": "points"})
    return ds
