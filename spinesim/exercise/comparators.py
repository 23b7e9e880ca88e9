"""Plans of the same dose as an optimised one: matched, named, drawn at random, for the wrong person."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from spinesim.adaptation.state import Person
from spinesim.exercise import dose, matching, plans
from spinesim.exercise.library import Exercise
from spinesim.exercise.objective import descend
from spinesim.exercise.plans import Case, like, plan_of, rounded, start_choice
from spinesim.exercise.population import People, people
from spinesim.exercise.profile import Profile
from spinesim.exercise.programme import Plan, programme, spread

#: Programmes of the package beside which a plan is held.
NAMED = (
    "generic_core", "generic_strength", "mcgill_three", "stabilisation", "stretching", "walking", "matrix",
)  # fmt: skip
#: Exercises of a programme drawn at random.
PICKED = 6


def comparators(
    who: Profile, case: Case, menu: Sequence[Exercise], final: Plan, steps: int, seed: int
) -> dict[str, Plan]:
    """Plans of the same minutes and sessions as `final`, by name, and that of no exercise."""
    named = {
        name: spread(one.plan(case.weeks), one.exercises, menu) for name in NAMED for one in [programme(name)]
    }
    fits = {"matched": matching.matched_sets, "greedy": matching.greedy_sets}
    told = {name: _fitted(fit, who.person, case, menu, final) for name, fit in fits.items()}
    same = {**told, **named, "shuffled": _misled(who, case, menu, steps, seed)}
    none = replace(final, sets=0 * final.sets, sessions=0 * final.sessions)
    return {name: like(plan, final, case) for name, plan in same.items()} | {"none": none}


def _fitted(fit: Callable, person: Person, case: Case, menu: Sequence[Exercise], final: Plan) -> Plan:
    """The same session every week, fitted to a person's needs, as long as the longest of `final`."""
    offered = replace(matching.offer(menu, case.responses, case.menu, person), may=jnp.asarray(case.may > 0))
    longest = float(jnp.max(final.sets @ case.minutes))
    return _every_week(fit(menu, offered, np.asarray(dose.needs(person)), longest), final)


def _every_week(sets: np.ndarray, final: Plan) -> Plan:
    return replace(
        final, sets=jnp.broadcast_to(jnp.asarray(sets), final.sets.shape), load=jnp.ones(final.load.shape)
    )


def _misled(who: Profile, case: Case, menu: Sequence[Exercise], steps: int, seed: int) -> Plan:
    """The plan optimised for someone else's deficits."""
    wrong = wrong_person(who.person, seed)
    other = plans.make_case(
        replace(who, person=wrong), menu, case.responses, case.weeks, case.crowd.count, seed,
        float(case.price),
    )  # fmt: skip
    other = replace(other, may=case.may)
    choice, _ = descend(start_choice(other, menu, wrong), other, steps)
    return rounded(plan_of(choice, other), other)


def wrong_person(person: Person, seed: int) -> Person:
    """The same person with the deficits of someone else."""
    someone = jax.tree.map(lambda leaf: leaf[0], people(1, seed + 1).person)
    return replace(person, deficit=someone.deficit, inhibited=someone.inhibited, tight=someone.tight)


def random_plans(count: int, case: Case, final: Plan, seed: int) -> dict[str, Plan]:
    """Feasible programmes drawn at random, of the minutes and sessions of `final`."""
    rng = np.random.default_rng([seed, 3])
    return {f"random_{i}": like(_random(rng, case, final), final, case) for i in range(count)}


def _random(rng: np.random.Generator, case: Case, final: Plan) -> Plan:
    allowed = np.flatnonzero(np.asarray(case.may))
    picked = rng.choice(allowed, size=min(PICKED, len(allowed)), replace=False)
    share = np.zeros(len(case.may))
    share[picked] = rng.dirichlet(np.ones(len(picked)))
    return _every_week(share / np.asarray(case.minutes), final)


def oracle(crowd: People, case: Case, menu: Sequence[Exercise], final: Plan) -> Plan:
    """A plan for each draw, matched to what it truly lacks."""
    truths = [jax.tree.map(lambda leaf, i=i: leaf[i], crowd.person) for i in range(crowd.count)]
    made = [like(_fitted(matching.matched_sets, one, case, menu, final), final, case) for one in truths]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *made)
