"""Planning anew every week from noisy observations: a receding horizon beside the same plan held.

People are drawn from what is not known of one person; each lives the weeks with flares by chance. The planner
knows them by a set of particles alone (draws of person and parameters, each with its own slow state), which
are weighed by what the week told: the mean of the diary, the share of the sessions done, hip range and
strength as tests measure them. It then moves its plan by a few steps for the weeks ahead and prescribes the
next one.
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

from spinesim._programs import kept
from spinesim.adaptation.parameters import Parameters, drawn
from spinesim.adaptation.state import Person, Slow, initial, strength
from spinesim.exercise import unfold
from spinesim.exercise.library import Exercise
from spinesim.exercise.objective import PER_OVERLOAD, beyond, setting_of, without_course
from spinesim.exercise.plans import GROWTH, MOST_MINUTES, Case, Choice, plan_of, settled
from spinesim.exercise.population import same_person
from spinesim.exercise.profile import Profile
from spinesim.exercise.programme import Plan

if TYPE_CHECKING:
    from xarray import Dataset

#: People that are drawn, weeks ahead that are planned, and steps of the optimiser a week.
TRUTHS, AHEAD, STEPS, RATE = 8, 4, 3, 0.15
#: Error of what a week tells: mean of seven diary entries (12 points over the root of the entries that an
#: Ornstein-Uhlenbeck process of 1.5 days makes of a week) [points], share of sessions as counted, hip range
#: [deg] (modified Thomas test), strength [1].
ERROR = (6.0, 0.1, 2.0, 0.08)
#: A day that is worse by so many points than the week before shortens the next week to this share of its
#: length.
ROSE, SHORTER = 20.0, 0.7


class Known(eqx.Module):
    """What the planner knows of one person: particles, how likely each is, the plan it pursues."""

    slow: Slow  # (particle, ...)
    log_weight: Float[Array, "particle"]
    minutes: Float[Array, ""]  # that the next session may take


class Living(eqx.Module):
    """One person as they are, then the particles: what all of them bring to a week."""

    person: Person
    p: Parameters
    chance: Float[Array, "one day"]


def horizon(choice: Choice, case: Case, week: Array, most: Array) -> Plan:
    """The plan of AHEAD weeks from `week` on; its first session takes at most `most` minutes."""
    ahead = plan_of(choice, replace(case, weeks=AHEAD))
    minutes = ahead.sets @ case.minutes
    allowed = jnp.minimum(most * (1 + GROWTH) ** jnp.arange(AHEAD), MOST_MINUTES)
    kept = replace(ahead, sets=ahead.sets * jnp.minimum(1.0, allowed / minutes)[:, None])

    def placed(leaf: Array) -> Array:
        whole = jnp.zeros((case.weeks + AHEAD, *leaf.shape[1:]))
        return jax.lax.dynamic_update_slice_in_dim(whole, leaf, week, axis=0)

    return jax.tree.map(placed, kept)


def _ahead(choice: Choice, known: Known, case: Case, week: Array) -> Float[Array, ""]:
    """Pain of the weeks ahead over the particles as they are weighed, and what it is paid with."""
    plan = horizon(choice, case, week, known.minutes)
    quiet = without_course(case.p)
    axes = {name: 0 if value.ndim else None for name, value in quiet.items()}

    def one(person: Person, p: Parameters, slow: Slow) -> Array:
        path = unfold.unfold(setting_of(plan, case, person, p, initial(person, p)), slow, week, AHEAD)
        return jnp.mean(path.pain) + PER_OVERLOAD * beyond(plan, case, person)

    pain = jax.vmap(one, in_axes=(0, axes, 0))(case.crowd.person, quiet, known.slow)
    spent = jnp.sum(plan.sessions * (plan.sets @ case.minutes)) / AHEAD
    return jax.nn.softmax(known.log_weight) @ pain + case.price * spent


@kept
def _slope(choice: Choice, known: Known, case: Case, week: Array) -> Any:
    return eqx.filter_grad(_ahead)(choice, known, case, week)


def planned(choice: Choice, known: Known, case: Case, week: Array) -> Choice:
    """The plan moved by STEPS of Adam for the weeks ahead."""
    adam, given = optax.adam(RATE), choice
    state = adam.init(given)  # pyright: ignore[reportArgumentType]
    for _ in range(STEPS):
        move, state = adam.update(_slope(given, known, case, week), state)
        given = eqx.apply_updates(given, move)
    return given


class Week(eqx.Module):
    """A week as it was lived by the person."""

    slow: Slow
    pain: Float[Array, "day"]
    sets: Float[Array, "exercise"]
    flares: Float[Array, ""]


@kept
def lived(
    living: Living, slow: Slow, known: Known, choice: Choice, case: Case, week: Array, noise: Array
) -> tuple[Week, Known]:
    """One week of a person and of all particles in the plan, and the particles weighed by what it told."""
    plan = horizon(choice, case, week, known.minutes)
    everyone = jax.tree.map(lambda own, others: jnp.concatenate([own[None], others]), slow, known.slow)

    def one(person: Person, p: Parameters, chance: Array, slow: Slow) -> tuple[unfold.Trajectory, Array]:
        start = initial(person, p)
        setting = eqx.tree_at(lambda it: it.chance, setting_of(plan, case, person, p, start), chance)
        path = unfold.unfold(setting, slow, week, 1)
        return path, told(path, start)

    paths, seen = jax.vmap(one)(living.person, living.p, living.chance, everyone)
    error = jnp.array(ERROR)
    misses = jnp.sum(((seen[1:] - seen[0] - noise * error) / error) ** 2, axis=1)
    rose = jnp.max(paths.pain[0]) > paths.pain[0, 0] + ROSE
    minutes = (plan.sets @ case.minutes)[week]
    last = jax.tree.map(lambda leaf: leaf[:, -1], paths.week)
    mine, others = (jax.tree.map(lambda leaf, part=part: leaf[part], last) for part in (0, slice(1, None)))
    after = Known(others, known.log_weight - 0.5 * misses, jnp.where(rose, SHORTER, 1 + GROWTH) * minutes)
    return Week(mine, paths.pain[0, 1:], plan.sets[week], paths.flares[0, -1]), after


def told(path: unfold.Trajectory, start: Slow) -> Float[Array, "told"]:
    """What a week tells: mean pain, share of sessions, hip range gained, mean strength gained."""
    last = jax.tree.map(lambda leaf: leaf[-1], path.week)
    hips = jnp.mean((last.stretch_tolerance + last.stretch_length)[:2])
    gained = jnp.mean(strength(last) / strength(start)) - 1
    return jnp.stack([jnp.mean(path.pain[1:]), path.done[0], hips, gained])


def replanned(
    who: Profile,
    exercises: Sequence[Exercise],
    case: Case,
    choice: Choice,
    seed: int,
    count: int = TRUTHS,
) -> "Dataset":
    """`count` people drawn from what is not known of one, planned for anew every week, and not.

    Returns:
        A dataset over (mode, truth): usual pain by day, flares, sets by week, and how many particles still
        count.
    """
    import xarray as xr

    crowd = same_person(who.person, who.routine, count, seed + 2000)
    p = drawn(count, seed + 2000)
    rng = np.random.default_rng([seed, 4])
    chance = jnp.asarray(rng.random((count, 7 * (case.weeks + AHEAD))))
    noise = jnp.asarray(rng.standard_normal((count, case.weeks, len(ERROR))))
    drawn_ = [jax.tree.map(lambda leaf, i=i: leaf[i], (crowd.person, p, chance)) for i in range(count)]
    people = [_living(person, numbers, luck, case) for person, numbers, luck in drawn_]
    found = [
        [_course(one, case, choice, told, anew) for one, told in zip(people, noise, strict=True)]
        for anew in (False, True)
    ]

    def gathered(name: str) -> np.ndarray:
        return np.array([[course[name] for course in mode] for mode in found])

    return xr.Dataset(
        {
            "replan_pain": (("mode", "truth", "replan_day"), gathered("pain"), {"units": "points"}),
            "replan_flares": (("mode", "truth"), gathered("flares")),
            "replan_sets": (("mode", "truth", "week", "exercise"), gathered("sets")),
            "particles": (
                ("mode", "truth", "week"), gathered("particles"), {"long_name": "effective particles"},
            ),
        },
        {
            "mode": ["held", "replanned"], "exercise": [one.exercise for one in exercises],
            "replan_day": np.arange(1, 7 * case.weeks + 1),
        },
    )  # fmt: skip


def _living(person: Person, p: Parameters, chance: Array, case: Case) -> Living:
    """The person in the first row, the particles of the case below; theirs are expected flares."""
    expected = jnp.full((case.crowd.count, len(chance)), unfold.EXPECTED)

    def under(own: Array, others: Array) -> Array:
        return jnp.concatenate([own[None], others])

    return Living(
        jax.tree.map(under, person, case.crowd.person),
        {name: under(own, case.p[name]) for name, own in p.items()},
        under(chance, expected),
    )


def _course(living: Living, case: Case, choice: Choice, noise: Array, anew: bool) -> dict[str, Any]:
    """All weeks of one person, planned for anew every week or not."""
    starts = jax.vmap(initial)(living.person, living.p)
    slow, others = (jax.tree.map(lambda leaf, part=part: leaf[part], starts) for part in (0, slice(1, None)))
    first = plan_of(choice, case).sets[0] @ case.minutes
    slow, known = jax.tree.map(settled, (slow, Known(others, jnp.zeros(case.crowd.count), first)))
    weeks, counted = [], []
    for number in range(case.weeks):
        week = jnp.asarray(number)
        choice = planned(choice, known, case, week) if anew else choice
        now, known = lived(living, slow, known, choice, case, week, noise[number])
        slow = now.slow
        weeks.append(now)
        counted.append(float(1 / jnp.sum(jax.nn.softmax(known.log_weight) ** 2)))
    return {
        "pain": np.concatenate([np.asarray(week.pain) for week in weeks]),
        "sets": np.stack([np.asarray(week.sets) for week in weeks]),
        "flares": float(weeks[-1].flares),
        "particles": np.array(counted),
    }
