"""The planner: which exercises, how many sets, how they grow, how often, for one profile.

Gradients run back through all weeks of the slow laws, over draws of what is not known of the person (common
random numbers); the demands of the engine are those of the body at the start and hold. What comes out is
rounded to whole sets and simulated again, beside programmes of the same dose.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from spinesim._names import within
from spinesim._provenance import provenance
from spinesim._record import Record, quantity, static
from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import Parameters, drawn, parameters
from spinesim.adaptation.state import Person, initial
from spinesim.exercise import dose, matching, unfold
from spinesim.exercise.cohort import menu_of
from spinesim.exercise.library import Exercise, library
from spinesim.exercise.population import People, people
from spinesim.exercise.profile import Profile
from spinesim.exercise.programme import WEEKS, Plan, programme, spread
from spinesim.exercise.rehab import SAID, at_start, same_person
from spinesim.exercise.responses import Responses
from spinesim.exercise.runs import Result, run, stacked_plan

if TYPE_CHECKING:
    from xarray import Dataset

#: Exercises that may be chosen unless others are given: all that are prescribed and not done walking.
MOST_EXERCISES, MOST_MINUTES = 8, 30.0
#: Weekly growth of sets and load at most.
GROWTH = 0.15
#: Shares of tolerance that compression may reach in the first and last week.
FIRST_SHARE, LAST_SHARE = 0.7, 0.9
#: What a point of pain for a day is weighed against: minutes a week, expected flares, overload beyond
#: tolerance.
PER_MINUTE, PER_FLARE, PER_OVERLOAD = 0.01, 0.5, 50.0
#: Weight of evenness among the exercises, so that a weak profile is not trusted too far.
EVENNESS = 0.05


class Choice(Record):
    """What the optimiser moves, all real numbers."""

    exercise: Float[Array, "exercise"] = quantity("1", "exercise")  # log odds of a share of the minutes
    growth: Float[Array, ""] = quantity("1")  # log odds of weekly growth up to GROWTH
    sessions: Float[Array, ""] = quantity("1")  # log odds of 2 to 6 a week
    size: Float[Array, ""] = quantity("1")  # log odds of the minutes of a session, up to the most


class Case(Record):
    """The person as known, and draws of what is not."""

    crowd: People
    p: Parameters
    responses: Responses
    menu: dose.Menu
    minutes: Float[Array, "exercise"] = quantity("min", "exercise")  # of one set
    may: Float[Array, "exercise"] = quantity("1", "exercise")  # 1 where the person may be given it
    weeks: int = static()


def plan_of(choice: Choice, case: Case) -> Plan:
    """The plan that a choice means; its last session takes at most MOST_MINUTES."""
    share = jax.nn.softmax(jnp.where(case.may > 0, choice.exercise, -30.0))
    session = MOST_MINUTES * jax.nn.sigmoid(choice.size)
    ahead = jnp.arange(case.weeks) - (case.weeks - 1.0)
    growth = (1 + GROWTH * jax.nn.sigmoid(choice.growth)) ** ahead
    return Plan(
        sets=growth[:, None] * (session * share / case.minutes),
        load=jnp.ones((case.weeks, len(share))),
        sessions=jnp.zeros(case.weeks) + 2 + 4 * jax.nn.sigmoid(choice.sessions),
        supervised=jnp.zeros(case.weeks),
    )


def cost(plan: Plan, case: Case) -> Float[Array, ""]:
    """Mean usual pain of all weeks over the draws, without the natural course, and what it is paid with.

    The course is the same for all plans and left out, so that no plan is praised for it.
    """
    quiet = case.p | {"course_fast": jnp.zeros(()), "course_slow": jnp.zeros(())}
    axes = {name: 0 if value.ndim else None for name, value in quiet.items()}

    def one(person: Person, p: Parameters) -> tuple[Array, ...]:
        start = initial(person, p)
        routine = jax.tree.map(lambda leaf: leaf[0], case.crowd.routine)
        setting = unfold.Setting(
            person, routine, case.responses, case.menu, plan, start, p, Structure.shared,
            jnp.full(7 * case.weeks, unfold.EXPECTED),
        )  # fmt: skip
        path = unfold.unfold(setting, start)
        return jnp.mean(path.pain), path.flares[-1], _beyond(plan, case, person)

    pain, flares, beyond = jax.vmap(one, in_axes=(0, axes))(case.crowd.person, quiet)
    weekly = jnp.mean(plan.sessions * (plan.sets @ case.minutes))
    worst = jnp.sort(flares)[-max(1, len(flares) // 10) :]
    return (
        jnp.mean(pain) + PER_MINUTE * weekly + PER_FLARE * jnp.mean(worst) + PER_OVERLOAD * jnp.mean(beyond)
    )


def _beyond(plan: Plan, case: Case, person: Person) -> Float[Array, ""]:
    """How far compression exceeds the share of tolerance that the stage allows, weighed by what is done."""
    owner = np.array(case.menu.owner, int)
    pressed = jnp.max(case.responses.demands.compression[-len(owner) :], axis=1) * person.weight
    stage = jnp.linspace(FIRST_SHARE, LAST_SHARE, case.weeks)[:, None]
    excess = jax.nn.relu(pressed / (stage * person.tolerance) - 1)
    done = plan.sets[:, owner] / (1 + plan.sets[:, owner])
    return jnp.mean(jnp.sum(done * excess**2, axis=1))


@eqx.filter_jit
def _objective(choice: Choice, case: Case) -> Float[Array, ""]:
    share = jax.nn.softmax(jnp.where(case.may > 0, choice.exercise, -30.0))
    evenness = -jnp.sum(share * jnp.log(share + 1e-12))
    return cost(plan_of(choice, case), case) - EVENNESS * evenness


#: Value and gradient of the objective, compiled once for a number of exercises, weeks and draws.
slope = eqx.filter_jit(eqx.filter_value_and_grad(_objective))


def descend(choice: Choice, case: Case, steps: int, rate: float = 0.15) -> tuple[Choice, list[float]]:
    """Adam for so many steps; the values on the way."""
    adam = optax.adam(rate)
    given: Any = choice
    state, values = adam.init(given), []
    for _ in range(steps):
        value, gradient = slope(choice, case)
        move, state = adam.update(gradient, state)
        choice = eqx.apply_updates(choice, move)
        values.append(float(value))
    return choice, values


def rounded(plan: Plan, case: Case) -> Plan:
    """Whole sets of at most MOST_EXERCISES exercises within MOST_MINUTES, whole sessions a week."""
    sets = np.asarray(plan.sets)
    kept = np.argsort(-(sets[-1] * np.asarray(case.minutes)))[:MOST_EXERCISES]
    whole = np.zeros_like(sets)
    whole[:, kept] = np.round(sets[:, kept])
    each = np.asarray(case.minutes)
    for week in range(case.weeks):  # the shortest gives way first
        while whole[week] @ each > MOST_MINUTES:
            used = np.flatnonzero(whole[week] > 0)
            whole[week, used[np.argmin((sets[week] * each)[used])]] -= 1
    sessions = jnp.full(case.weeks, float(np.round(plan.sessions[0])))
    return replace(plan, sets=jnp.asarray(whole), sessions=sessions)


def optimise_programme(
    who: Profile,
    *,
    weeks: int = 12,
    exercises: Sequence[Exercise] | None = None,
    draws: int = 16,
    steps: int = 25,
    random: int = 20,
    seed: int = 0,
) -> "Dataset":
    """A programme for one profile, beside others of the same minutes a week.

    Args:
        who: from `profile`.
        weeks: 1 to 104.
        exercises: to choose from; those of the library up to stage 3 by default.
        draws: of what is not known, over which pain is averaged.
        steps: of the optimiser.
        random: feasible programmes drawn at random for comparison.
        seed: of all draws.

    Returns:

        A dataset over `arm` (optimised, matched, generic, shuffled, random, none): sets of every week, usual
        pain by draw and day (evaluated on other draws than it was optimised on), minutes and flares.

    Example:
        >>> best = optimise_programme(profile(tight_deg={"hip_flexors": 12}))
    """
    within("weeks", weeks, 1, WEEKS)
    chosen = default_exercises() if exercises is None else tuple(exercises)
    generic = programme("generic_core")
    menu_all = menu_of([generic], chosen)
    case = make_case(who, menu_all, weeks, draws, seed)
    optional = np.array([one in chosen for one in menu_all])
    case = replace(case, may=case.may * optional)
    best, values = descend(start_choice(case, menu_all, who.person), case, steps)
    final = rounded(plan_of(best, case), case)
    wrong = replace(who, person=wrong_person(who.person, seed))
    other = replace(make_case(wrong, menu_all, weeks, draws, seed), responses=case.responses, may=case.may)
    missed, _ = descend(start_choice(other, menu_all, wrong.person), other, steps)
    plans = {
        "optimised": final,
        "matched": _matched(who.person, case, menu_all, final),
        "generic": like(spread(generic.plan(weeks), generic.exercises, menu_all), final, case),
        "shuffled": like(rounded(plan_of(missed, other), other), final, case),
        "none": replace(final, sets=0 * final.sets, sessions=0 * final.sessions),
    }
    rng = np.random.default_rng([seed, 3])
    plans |= {f"random_{i}": like(_random(rng, case, final), final, case) for i in range(random)}
    return _evaluated(who, menu_all, plans, case, values, seed)


def default_exercises() -> tuple[Exercise, ...]:
    """What may be prescribed: the library up to stage 3 without gait."""
    return tuple(
        one
        for one in library().values()
        if one.stage <= 3 and one.mode != "cyclic" and "carry" not in one.exercise
    )


def make_case(who: Profile, exercises: Sequence[Exercise], weeks: int, draws: int, seed: int) -> Case:
    """The person with so many draws of what is not known of them."""
    responses = at_start(who, exercises, parameters())
    menu = dose.menu(exercises, responses)
    may = matching.allowed(exercises, responses.demands, who.person, responses.owner)
    return Case(
        same_person(who, draws, seed), drawn(draws, seed), responses, menu,
        jnp.asarray([one.set_minutes for one in exercises]), jnp.asarray(may.astype(float)), weeks,
    )  # fmt: skip


def start_choice(case: Case, exercises: Sequence[Exercise], person: Person) -> Choice:
    """The nearest stimulus to what the person lacks, 3 sessions of 20 minutes."""
    needs = np.asarray(dose.needs(person))
    sets = matching.matched_sets(exercises, case.responses, case.menu, person, needs, 20.0)
    share = sets * np.asarray(case.minutes * case.may) / 20.0
    zero = jnp.zeros(())
    return Choice(jnp.log(jnp.asarray(share) + 0.01), zero, zero - 1.1, zero + 0.7)


def like(plan: Plan, other: Plan, case: Case) -> Plan:
    """`plan` with the minutes of every week and the sessions of `other`: the same dose."""
    mine, theirs = plan.sets @ case.minutes, other.sets @ case.minutes
    scale = jnp.where(mine > 0, theirs / jnp.where(mine > 0, mine, 1.0), 0.0)
    return replace(plan, sets=plan.sets * scale[:, None], sessions=other.sessions)


def wrong_person(person: Person, seed: int) -> Person:
    """The same person with the deficits of someone else."""
    someone = jax.tree.map(lambda leaf: leaf[0], people(1, seed + 1).person)
    return replace(person, deficit=someone.deficit, inhibited=someone.inhibited, tight=someone.tight)


def _matched(person: Person, case: Case, exercises: Sequence[Exercise], final: Plan) -> Plan:
    minutes = float(jnp.max(final.sets @ case.minutes))
    sets = matching.matched_sets(
        exercises, case.responses, case.menu, person, np.asarray(dose.needs(person)), minutes
    )
    return like(replace(final, sets=jnp.broadcast_to(jnp.asarray(sets), final.sets.shape)), final, case)


def _random(rng: np.random.Generator, case: Case, like_: Plan) -> Plan:
    """A feasible programme drawn at random."""
    allowed = np.flatnonzero(np.asarray(case.may))
    picked = rng.choice(allowed, size=min(6, len(allowed)), replace=False)
    share = np.zeros(len(case.may))
    share[picked] = rng.dirichlet(np.ones(len(picked)))
    return replace(like_, sets=jnp.broadcast_to(jnp.asarray(share) / case.minutes, (case.weeks, len(share))))


def _evaluated(
    who: Profile,
    exercises: Sequence[Exercise],
    plans: dict[str, Plan],
    case: Case,
    values: list[float],
    seed: int,
) -> "Dataset":
    """Every plan on fresh draws of the person."""
    import xarray as xr

    count, fresh = 40, seed + 1000
    stacked = {name: stacked_plan(plan, count) for name, plan in plans.items()}
    found: list[Result] = run(
        stacked, same_person(who, count, fresh), case.responses, case.menu, seed=fresh, p=drawn(count, fresh)
    )
    arms, weeks = list(plans), case.weeks
    minutes = [np.asarray(plan.sessions * (plan.sets @ case.minutes)) for plan in plans.values()]
    return xr.Dataset(
        {
            "pain": (("arm", "draw", "day"), np.stack([one.pain for one in found]), {"units": "points"}),
            "flares": (("arm", "draw"), np.stack([one.flares[:, -1] for one in found]), {"units": "1"}),
            "sets": (("arm", "week", "exercise"), np.stack([plan.sets for plan in plans.values()])),
            "sessions": (("arm", "week"), np.stack([plan.sessions for plan in plans.values()])),
            "minutes": (("arm", "week"), np.stack(minutes), {"units": "min/week"}),
            "objective": ("step", np.array(values)),
        },
        {
            "arm": arms, "exercise": [one.exercise for one in exercises],
            "day": np.arange(7 * weeks + 1), "week": np.arange(weeks),
        },
        provenance(who.model, who.person) | {"said": SAID, "seed": seed},
    )  # fmt: skip


def added(ds: "Dataset", one: str, other: str) -> dict[str, float]:
    """Difference of mean usual pain over all weeks between two arms, and the interval of 95 % over draws."""
    difference = (ds.pain.sel(arm=one) - ds.pain.sel(arm=other)).mean("day").values
    half = 1.96 * np.std(difference, ddof=1) / np.sqrt(len(difference))
    middle = float(np.mean(difference))
    return {"mean": middle, "low": middle - float(half), "high": middle + float(half)}
