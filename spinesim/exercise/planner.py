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

from spinesim._names import within
from spinesim._provenance import provenance
from spinesim.adaptation.parameters import drawn, parameters
from spinesim.adaptation.state import Person
from spinesim.exercise import dose, matching, objective, plans
from spinesim.exercise.cohort import menu_of
from spinesim.exercise.library import Exercise, library
from spinesim.exercise.objective import PER_MINUTE, descend
from spinesim.exercise.plans import Case, Choice, like, plan_of, rounded, start_choice
from spinesim.exercise.population import People, people, same_person
from spinesim.exercise.profile import Profile
from spinesim.exercise.programme import WEEKS, Plan, programme, spread
from spinesim.exercise.rehab import SAID, at_start
from spinesim.exercise.replanning import replanned
from spinesim.exercise.runs import Result, run, stacked_plan

if TYPE_CHECKING:
    from xarray import Dataset

#: Programmes of the package beside which a plan is held, at its minutes and sessions.
NAMED = (
    "generic_core",
    "generic_strength",
    "mcgill_three",
    "stabilisation",
    "stretching",
    "walking",
    "matrix",
)
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
        draws than it was optimised on), flares, and how the plan keeps its limits. Arms: `optimised`;
        `matched` and `greedy` (to the deficits as told, by angle and one after the other); `oracle` (matched
        to the true ones); the named programmes; `shuffled` (optimised for someone else's deficits);
        `random_...`; `none`.

    Example:
        >>> best = optimise_programme(profile(tight_deg={"hip_flexors": 12}))
    """
    within("weeks", weeks, 1, WEEKS)
    for name, value, low, high in (
        ("draws", draws, 1, 1000), ("steps", steps, 1, 500), ("random", random, 0, 1000),
    ):  # fmt: skip
        within(name, value, low, high)
    chosen = default_exercises() if exercises is None else tuple(exercises)
    menu = menu_of([programme(name) for name in NAMED], chosen)
    responses = at_start(who, menu, parameters())
    case = plans.make_case(who, menu, responses, weeks, draws, seed, PER_MINUTE)
    case = _only(case, chosen, menu)
    best, values = descend(start_choice(case, menu, who.person), case, steps)
    final = rounded(plan_of(best, case), case)
    arms = {"optimised": final, **_comparators(who, case, menu, final, steps, seed)}
    rng = np.random.default_rng([seed, 3])
    arms |= {f"random_{i}": like(_random(rng, case, final), final, case) for i in range(random)}
    crowd = same_person(who.person, who.routine, FRESH, seed + APART)
    every = {name: stacked_plan(plan, FRESH) for name, plan in arms.items()}
    every["oracle"] = _oracle(crowd, case, menu, final)
    ds = _labelled(who, menu, every, _evaluated(every, crowd, case, seed), case, values, seed)
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


def _comparators(
    who: Profile, case: Case, menu: Sequence[Exercise], final: Plan, steps: int, seed: int
) -> dict[str, Plan]:
    """Plans of the same minutes and sessions as `final`, by name."""
    wrong = wrong_person(who.person, seed)
    other = plans.make_case(
        replace(who, person=wrong), menu, case.responses, case.weeks, case.crowd.count, seed,
        float(case.price),
    )  # fmt: skip
    other = replace(other, may=case.may)
    missed, _ = descend(start_choice(other, menu, wrong), other, steps)
    named = {
        name: spread(one.plan(case.weeks), one.exercises, menu) for name in NAMED for one in [programme(name)]
    }
    told = {
        name: _from_sets(_fitted(fit, who.person, case, menu, final), final)
        for name, fit in (("matched", matching.matched_sets), ("greedy", matching.greedy_sets))
    }
    same = {**told, **named, "shuffled": rounded(plan_of(missed, other), other)}
    none = replace(final, sets=0 * final.sets, sessions=0 * final.sessions)
    return {name: like(plan, final, case) for name, plan in same.items()} | {"none": none}


def _fitted(fit, person: Person, case: Case, menu: Sequence[Exercise], final: Plan) -> np.ndarray:
    """Sets of one session fitted to a person's needs, as long as the longest of `final`."""
    offered = replace(matching.offer(menu, case.responses, case.menu, person), may=jnp.asarray(case.may > 0))
    return fit(menu, offered, np.asarray(dose.needs(person)), float(jnp.max(final.sets @ case.minutes)))


def _from_sets(sets: np.ndarray, final: Plan) -> Plan:
    return replace(
        final, sets=jnp.broadcast_to(jnp.asarray(sets), final.sets.shape), load=jnp.ones(final.load.shape)
    )


def _oracle(crowd: People, case: Case, menu: Sequence[Exercise], final: Plan) -> Plan:
    """A plan for each draw, matched to what it truly lacks."""
    people_ = [jax.tree.map(lambda leaf, i=i: leaf[i], crowd.person) for i in range(crowd.count)]
    made = [
        like(_from_sets(_fitted(matching.matched_sets, one, case, menu, final), final), final, case)
        for one in people_
    ]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *made)


def wrong_person(person: Person, seed: int) -> Person:
    """The same person with the deficits of someone else."""
    someone = jax.tree.map(lambda leaf: leaf[0], people(1, seed + 1).person)
    return replace(person, deficit=someone.deficit, inhibited=someone.inhibited, tight=someone.tight)


def _random(rng: np.random.Generator, case: Case, final: Plan) -> Plan:
    """A feasible programme drawn at random."""
    allowed = np.flatnonzero(np.asarray(case.may))
    picked = rng.choice(allowed, size=min(6, len(allowed)), replace=False)
    share = np.zeros(len(case.may))
    share[picked] = rng.dirichlet(np.ones(len(picked)))
    return _from_sets(share / np.asarray(case.minutes), final)


def _evaluated(every: Mapping[str, Plan], crowd: People, case: Case, seed: int) -> list[Result]:
    """Every plan on fresh draws of the person."""
    fresh = seed + APART
    return run(every, crowd, case.responses, case.menu, seed=fresh, p=drawn(crowd.count, fresh))


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
