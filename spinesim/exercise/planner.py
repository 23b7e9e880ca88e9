"""The planner: which exercises, how many sets, how heavy, how they grow, how often, for one profile.

Gradients run back through all weeks of the slow laws, over draws of what is not known of the person (common
random numbers); the demands of the engine are those of the body at the start and hold. What comes out is
rounded to whole sets and simulated again, beside programmes of the same dose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import integer
from spinesim._programs import kept
from spinesim._provenance import provenance
from spinesim.adaptation.parameters import drawn, parameters
from spinesim.adaptation.state import Person
from spinesim.exercise import matching, objective, plans
from spinesim.exercise.cohort import menu_of
from spinesim.exercise.comparators import NAMED, comparators, oracle, random_plans
from spinesim.exercise.library import Exercise, library
from spinesim.exercise.objective import PER_MINUTE, descend
from spinesim.exercise.plans import Case, Choice, plan_of, rounded, start_choice
from spinesim.exercise.population import People, same_person
from spinesim.exercise.profile import Profile
from spinesim.exercise.programme import WEEKS, Plan, programme
from spinesim.exercise.rehab import SAID, at_start
from spinesim.exercise.replanning import replanned
from spinesim.exercise.runs import Result, run, stacked_plan

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

#: Draws on which every plan is simulated again, and how far their seed lies from that of the optimiser's.
FRESH, APART = 40, 1000
#: Prices of a minute for the front between benefit and what it costs.
PRICES = (0.003, 0.04, 0.06, 0.1)


def optimise_programme(
    who: Profile,
    *,
    weeks: int = 12,
    exercises: Sequence[Exercise] | None = None,
    draws: int = 16,
    steps: int = 25,
    random: int = 20,
    front: bool = True,
    replan: bool = False,
    seed: int = 0,
) -> "Dataset":
    """A programme for one profile, beside others of the same minutes a week.

    Args:
        who: from `profile`.
        weeks: 1 to 104.
        exercises: to choose from; those of the library up to stage 3 by default.
        draws: of what is not known, over which pain is averaged; 1 to 1000.
        steps: of the optimiser, 1 to 500.
        random: feasible programmes drawn at random for comparison, 0 to 1000.
        front: optimise anew at several prices of a minute: the front between benefit, minutes and load.
        replan: also plan anew every week from what a diary and tests tell of people drawn from what is not
            known (`replanning`), beside the same plan held.
        seed: of all draws.

    Returns:
        A dataset over `arm`: sets and loads of every week, usual pain by draw and day (evaluated on other
        draws than it was optimised on), flares, `cost` (what the planner lowers, on those other draws), and
        how the plan keeps its limits. Arms: `optimised`;
        `matched` and `greedy` (to the deficits as told, by angle and one after the other); `oracle` (matched
        to the true ones); the named programmes; `shuffled` (optimised for someone else's deficits);
        `random_...`; `none`.

    Example:
        >>> best = optimise_programme(profile(tight_deg={"hip_flexors": 12}))
    """
    weeks, draws = integer("weeks", weeks, 1, WEEKS), integer("draws", draws, 1, 1000)
    steps, random = integer("steps", steps, 1, 500), integer("random", random, 0, 1000)
    chosen = default_exercises() if exercises is None else tuple(exercises)
    menu = menu_of([programme(name) for name in NAMED], chosen)
    responses = at_start(who, menu, parameters())
    case = plans.make_case(who, menu, responses, weeks, draws, seed, PER_MINUTE)
    case = _only(case, chosen, menu)
    best, values = descend(start_choice(case, menu, who.person), case, steps)
    final = rounded(plan_of(best, case), case)
    arms = {"optimised": final, **comparators(who, case, menu, final, steps, seed)}
    arms |= random_plans(random, case, final, seed)
    crowd = same_person(who.person, who.routine, FRESH, seed + APART)
    every = {name: stacked_plan(plan, FRESH) for name, plan in arms.items()}
    every["oracle"] = oracle(crowd, case, menu, final)
    ds = _labelled(who, menu, every, _evaluated(every, crowd, case, seed), case, values, seed)
    ds["cost"] = _costs(arms, replace(case, crowd=crowd, p=drawn(FRESH, seed + APART))).reindex(arm=ds.arm)
    if front:
        ds = ds.merge(_front(best, case, crowd, 1 + steps // 2, seed))
    return ds.merge(replanned(who, menu, case, best, seed)) if replan else ds


def default_exercises() -> tuple[Exercise, ...]:
    """What may be prescribed: the library up to stage 3 without gait."""
    return tuple(
        one
        for one in library().values()
        if one.stage <= matching.LATEST and one.mode != "cyclic" and "carry" not in one.exercise
    )


def _only(case: Case, chosen: Sequence[Exercise], menu: Sequence[Exercise]) -> Case:
    """The case, choosing from some of the menu."""
    optional = np.array([one in chosen for one in menu], float)
    if not np.any(np.asarray(case.may) * optional):
        raise ValueError("none of these exercises is steady and light enough for this profile")
    return replace(case, may=case.may * optional)


def _evaluated(every: Mapping[str, Plan], crowd: People, case: Case, seed: int) -> list[Result]:
    """Every plan on fresh draws of the person."""
    fresh = seed + APART
    return run(every, crowd, case.responses, case.menu, seed=fresh, p=drawn(crowd.count, fresh))


def _costs(arms: Mapping[str, Plan], fresh: Case) -> "DataArray":
    """What the planner lowers, of every plan on fresh draws [points of pain]."""
    import xarray as xr

    stack = jax.tree.map(lambda *leaves: jnp.stack(leaves), *arms.values())
    about = {"units": "points", "long_name": "mean pain without its course, and what it is paid with"}
    return xr.DataArray(np.asarray(_each_cost(stack, fresh)), {"arm": list(arms)}, attrs=about)


@kept
def _each_cost(plans: Plan, case: Case) -> Float[Array, "arm"]:
    return jax.lax.map(lambda plan: objective.cost(plan, case), plans)


def _front(best: Choice, case: Case, crowd: People, steps: int, seed: int) -> "Dataset":
    """Plans at several prices of a minute: what each gains over none, and what it costs."""
    import xarray as xr

    priced = [objective.priced(case, price) for price in PRICES]
    made = [rounded(plan_of(descend(best, one, steps)[0], one), one) for one in priced]
    none = replace(made[0], sets=0 * made[0].sets, sessions=0 * made[0].sessions)
    every = {str(i): stacked_plan(plan, crowd.count) for i, plan in enumerate([none, *made])}
    pain = np.stack([one.pain.mean(axis=1) for one in _evaluated(every, crowd, case, seed)])
    costs = [[float(of(plan, case)) for plan in made] for of in (objective.weekly_minutes, objective.impulse)]
    return xr.Dataset(
        {
            "front_benefit": (("price", "draw"), pain[0] - pain[1:], {"units": "points"}),
            "front_minutes": ("price", costs[0], {"units": "min/week"}),
            "front_load": ("price", costs[1], {"units": "kN min/week"}),
        },
        {"price": list(PRICES)},
    )


def _labelled(
    who: Profile,
    menu: Sequence[Exercise],
    every: Mapping[str, Plan],
    found: list[Result],
    case: Case,
    values: list[float],
    seed: int,
) -> "Dataset":
    import xarray as xr

    first = [jax.tree.map(lambda leaf: leaf[0], plan) for plan in every.values()]
    minutes = [np.asarray(plan.sessions * (plan.sets @ case.minutes)) for plan in first]
    over = [_over(plan, case, who.person) for plan in first]
    return xr.Dataset(
        {
            "pain": (("arm", "draw", "day"), np.stack([one.pain for one in found]), {"units": "points"}),
            "flares": (("arm", "draw"), np.stack([one.flares[:, -1] for one in found]), {"units": "1"}),
            "adherence": (("arm", "draw"), np.stack([one.adherence.mean(axis=1) for one in found])),
            "sets": (("arm", "week", "exercise"), np.stack([plan.sets for plan in first])),
            "load": (("arm", "week", "exercise"), np.stack([plan.load for plan in first])),
            "sessions": (("arm", "week"), np.stack([plan.sessions for plan in first])),
            "minutes": (("arm", "week"), np.stack(minutes), {"units": "min/week"}),
            "chance_over": ("arm", over, {"long_name": "chance that compression exceeds what is borne"}),
            "stage": ("exercise", [one.stage for one in menu]),
            "title": ("exercise", [one.title or one.exercise for one in menu]),
            "prescribed": ("exercise", [_prescribed(one) for one in menu]),
            "objective": ("step", np.array(values)),
        },
        {
            "arm": list(every), "exercise": [one.exercise for one in menu],
            "day": np.arange(7 * case.weeks + 1), "week": np.arange(case.weeks),
        },
        provenance(who.model, who.person) | {"said": SAID, "seed": seed},
    )  # fmt: skip


def _over(plan: Plan, case: Case, person: Person) -> float:
    """Chance that the hardest exercise of the last week presses more than the person bears."""
    return float(np.max(plans.chance_over(np.asarray(objective.pressed(plan, case))[-1], person)))


def _prescribed(one: Exercise) -> str:
    """Repetitions of a set as a sheet says them."""
    held = (
        f"{one.reps:g} x {one.seconds:g} s"
        if one.mode in ("static", "stretch", "cue")
        else f"{one.reps:g} times"
    )
    return held + (" each side" if one.sides == "each" else "")
