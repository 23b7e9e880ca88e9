"""The planner's objective: pain of all weeks over the draws and what it is paid with; gradient, descent."""

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from spinesim._programs import kept
from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import Person, Slow, initial
from spinesim.exercise import dose, unfold
from spinesim.exercise.plans import FIRST_SHARE, LAST_SHARE, Case, Choice, limit, plan_of
from spinesim.exercise.programme import Plan

#: What a point of pain for a day is weighed against: a minute a week (unless a case says otherwise), expected
#: flares of the worst tenth, and overload beyond what the stage allows.
PER_MINUTE, PER_FLARE, PER_OVERLOAD = 0.01, 0.5, 50.0
#: First rate of the descent, whose steps are in log odds.
RATE = 0.5
#: Weight of evenness among the exercises, so that a weak profile is not trusted too far.
EVENNESS = 0.5


def without_course(p: Parameters) -> Parameters:
    """The same for all plans is left out, so that no plan is praised for it."""
    return p | {"course_fast": jnp.zeros(()), "course_slow": jnp.zeros(())}


def setting_of(plan: Plan, case: Case, person: Person, p: Parameters, start: Slow) -> unfold.Setting:
    """One draw of a case in a plan, expected flares counted."""
    routine = jax.tree.map(lambda leaf: leaf[0], case.crowd.routine)
    luck = jnp.full(7 * len(plan.sessions), unfold.EXPECTED)
    return unfold.Setting(person, routine, case.responses, case.menu, plan, start, p, Structure.shared, luck)


def cost(plan: Plan, case: Case) -> Float[Array, ""]:
    """What the planner lowers, in points of pain: mean usual pain of all weeks over the draws and its price.

    Pain is without its natural course; the price is minutes, flares of the worst tenth and overload, less
    what evenness is worth.
    """
    quiet = without_course(case.p)
    axes = {name: 0 if value.ndim else None for name, value in quiet.items()}

    def one(person: Person, p: Parameters) -> tuple[Array, ...]:
        start = initial(person, p)
        path = unfold.unfold(setting_of(plan, case, person, p, start), start)
        return jnp.mean(path.pain), path.flares[-1], beyond(plan, case, person)

    pain, flares, over = jax.vmap(one, in_axes=(0, axes))(case.crowd.person, quiet)
    worst = jnp.sort(flares)[-max(1, len(flares) // 10) :]
    paid = case.price * weekly_minutes(plan, case) + PER_FLARE * jnp.mean(worst)
    return jnp.mean(pain) + paid + PER_OVERLOAD * jnp.mean(over) - EVENNESS * evenness(plan, case)


def evenness(plan: Plan, case: Case) -> Float[Array, ""]:
    """Entropy of the shares of the minutes that the exercises take; 0 where nothing is done."""
    spent = jnp.sum(plan.sets, axis=0) * case.minutes
    share = spent / jnp.maximum(jnp.sum(spent), 1e-9)
    return -jnp.sum(share * jnp.log(share + 1e-12))


def weekly_minutes(plan: Plan, case: Case) -> Float[Array, ""]:
    """Minutes of an average week."""
    return jnp.mean(plan.sessions * (plan.sets @ case.minutes))


def pressed(plan: Plan, case: Case) -> Float[Array, "week exercise"]:
    """Greatest compression of every exercise as loaded, on the first body [N]; 0 where it is not done."""
    owner = np.array(case.menu.owner, int)
    cases = dose.hardest(case.responses.demands) * dose.heavier(plan.load[:, owner])
    most = jax.vmap(lambda row: jax.ops.segment_max(row, owner, num_segments=plan.sets.shape[1]))(cases)
    return most * (plan.sets > 1e-6)


def beyond(plan: Plan, case: Case, person: Person) -> Float[Array, ""]:
    """How far compression exceeds the share of tolerance that the stage allows, weighed by what is done."""
    stage = jnp.linspace(FIRST_SHARE / LAST_SHARE, 1.0, len(plan.sessions))[:, None]
    excess = jax.nn.relu(pressed(plan, case) * person.weight / (stage * limit(person)) - 1)
    return jnp.mean(jnp.sum(plan.sets / (1 + plan.sets) * excess**2, axis=1))


def impulse(plan: Plan, case: Case) -> Float[Array, ""]:
    """Load of an average week [kN min]: compression of every exercise times its time under load."""
    owner = np.array(case.menu.owner, int)
    time = plan.sets[:, owner] * case.menu.time / 60
    force = dose.heavier(plan.load[:, owner]) * dose.hardest(case.responses.demands)
    return jnp.mean(plan.sessions * jnp.sum(time * force, axis=1)) / 1e3


def objective(choice: Choice, case: Case) -> Float[Array, ""]:
    """The cost of the plan that a choice means."""
    return cost(plan_of(choice, case), case)


@kept
def slope(choice: Choice, case: Case) -> tuple[Float[Array, ""], Choice]:
    """Value and gradient, compiled once for a number of exercises, weeks and draws."""
    return eqx.filter_value_and_grad(objective)(choice, case)


def descend(choice: Choice, case: Case, steps: int) -> tuple[Choice, list[float]]:
    """The best of so many steps of Adam, whose rate falls from RATE to nothing; the values on the way."""
    adam = optax.adam(optax.cosine_decay_schedule(RATE, steps))
    given: Any = choice
    state, values, best = adam.init(given), [], choice
    for _ in range(steps):
        value, gradient = slope(choice, case)
        best = choice if not values or float(value) < min(values) else best
        values.append(float(value))
        move, state = adam.update(gradient, state)
        choice = eqx.apply_updates(choice, move)
    return best, values


def priced(case: Case, price: float) -> Case:
    """The same case with another price of a minute."""
    return replace(case, price=jnp.asarray(price))
