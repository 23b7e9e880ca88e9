"""The least co-contraction that makes a balance stable: predicted, not prescribed.

Effort is least while the least eigenvalue of the stiffness reaches a wanted margin. Its multiplier enters the
drive of each fascicle as a reward for what a unit of its activation adds to the weakest mode,

    reward_i = multiplier * mode . (d stiffness / d a_i) mode,

so that activations stay in closed form of the multipliers of the balance. The rewards count at held discs, as
the sharing among muscles itself does. The least eigenvalue is taken softly, within a few N m/rad below the
true one, so that modes which grow equally weak are all looked after.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from spinesim._numbers import Number, number
from spinesim._programs import kept
from spinesim._record import Record, entry, quantity
from spinesim.models.abdomen import pressure_gain
from spinesim.models.anatomy import Fascicles, Model
from spinesim.models.muscle import PerFascicle
from spinesim.models.potential import Balanced, Motion, activated, tensions
from spinesim.models.state import Task
from spinesim.solvers.balance import Unknowns
from spinesim.solvers.equilibrium import STILL, solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import AbstractObjective, Effort, Recruitment
from spinesim.solvers.solution import Status
from spinesim.solvers.stability import Pelvis, Stability, along, balanced, spectrum, stability, tangent

_SOFT = 2.0  # N m/rad over which eigenvalues count as equal
_LARGEST = 1.0  # multiplier at which the margin counts as out of reach; at 0.1 most trunk muscles work hard
_CLOSE, _SETTLED = 1e-2, 1e-4  # N m/rad of the margin, share of the rewards
_STEPS, _INNER = 40, 40
_FIRST, _GROWTH = 1e-3, 3.0  # multiplier while no bracket is known
_DAMPING = (0.05, 1.0)  # shares of a new reward that are taken


class Rewarded(AbstractObjective):
    """Another objective with a reward for activation: its cost - reward . activation."""

    objective: AbstractObjective
    reward: PerFascicle = quantity("1", "fascicle")

    def weights(self, fascicles: Fascicles, active: Callable[[], PerFascicle]) -> PerFascicle:
        return self.objective.weights(fascicles, active)

    def recruit(self, drive: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Recruitment:
        return self.objective.recruit(drive + self.reward, weight, cap)

    def cost(self, activation: PerFascicle, weight: PerFascicle, cap: PerFascicle) -> Float[Array, ""]:
        return self.objective.cost(activation, weight, cap) - self.reward @ activation


class Reach(eqx.Enumeration):
    """Whether a margin was reached; the sentence says what to change."""

    reached = ""
    unreachable = "No co-contraction gives this margin: lower it, or add support or stiffness."
    unsolved = "The case is not in balance: look at the status of its equilibrium."


class Stiffened(Record):
    """A balance held stable at the least effort."""

    equilibrium: Equilibrium
    stability: Stability
    reward: PerFascicle = quantity("1", "fascicle")  # what brought the muscles to it
    multiplier: Float[Array, ""] = quantity("rad/N m")  # effort per margin
    co_contraction: PerFascicle = quantity("1", "fascicle")  # activation beyond that of least effort
    steps: Int[Array, ""] = quantity("1")
    status: Reach = entry(Reach)


class _Rewards(NamedTuple):
    """Rewards on their way to the point where they are those of the balance that they lead to."""

    solution: Equilibrium
    reward: PerFascicle  # that `solution` was found with
    worth: PerFascicle
    off: PerFascicle
    taken: Float[Array, ""]
    margin: Float[Array, ""]  # of `solution`
    steps: Int[Array, ""]

    def settled(self) -> Bool[Array, ""]:
        return jnp.linalg.norm(self.off) <= _SETTLED * jnp.linalg.norm(self.worth)


class _Search(NamedTuple):
    """Bracket of the multiplier: where the margin is missed and exceeded, and by how much."""

    rewards: _Rewards
    effort: PerFascicle
    multiplier: Float[Array, ""]
    low: Float[Array, "2"]  # multiplier, missing margin
    high: Float[Array, "2"]
    steps: Int[Array, ""]


def stiffen(
    model: Model,
    task: Task,
    margin: Number,
    *,
    pelvis: Pelvis = "held",
    objective: AbstractObjective | None = None,
) -> Stiffened:
    """Balance `task` at the least effort that leaves a stiffness of `margin` [N m/rad] in every mode.

    The margin grows with the multiplier (it is that of an optimum), so a bracket finds it; for every
    multiplier the rewards are settled. Batched by `jax.vmap`; forward only, no derivatives.

    Args:
        model: the body.
        task: posture and loads.
        margin: least stiffness of every mode, 0 to 100,000.
        pelvis: "held" looks at the spine alone; "free" lets the pelvis tilt about the hips, legs held.
        objective: what the muscles minimise; activations squared by default.

    Returns:
        The balance, its stability and what was added; where no effort reaches the margin, the status says so.
    """
    wanted = number("margin", margin, 0.0, 1e5)  # an array: one program serves every margin
    return _stiffened(model, task, wanted, pelvis, objective or Effort())


@kept
def _stiffened(
    model: Model, task: Task, wanted: Float[Array, ""], pelvis: Pelvis, objective: AbstractObjective
) -> Stiffened:

    def balance(guess: Unknowns, reward: PerFascicle) -> Equilibrium:
        return solve(model, task, guess, objective=Rewarded(objective, reward))

    def at(multiplier: Float[Array, ""], rewards: _Rewards) -> _Rewards:
        """One balance for given rewards, and the rewards that it would give."""
        reward = multiplier * rewards.worth
        solution = balance(rewards.solution.multipliers, reward)
        reached, worth = _soft_margin(balanced(model, task, solution), pelvis)
        off = worth - rewards.worth
        taken = _relaxed(rewards.taken, rewards.off, off)
        worth = rewards.worth + taken * off
        return _Rewards(solution, reward, worth, off, taken, reached, rewards.steps + 1)

    def settle(multiplier: Float[Array, ""], rewards: _Rewards) -> _Rewards:
        def unsettled(rewards: _Rewards) -> Bool[Array, ""]:
            return (rewards.steps == 0) | (~rewards.settled() & (multiplier > 0) & (rewards.steps < _INNER))

        fresh = rewards._replace(steps=jnp.zeros_like(rewards.steps))
        return jax.lax.while_loop(unsettled, lambda rewards: at(multiplier, rewards), fresh)

    def unfinished(search: _Search) -> Bool[Array, ""]:
        return (search.steps < _STEPS) & (search.multiplier < _LARGEST) & ~_reached(search, wanted)

    def step(search: _Search) -> _Search:
        multiplier = _next(search)
        rewards = settle(multiplier, search.rewards)
        found = jnp.stack([multiplier, rewards.margin - wanted])
        low, high = _narrowed(search, found)
        first = search.steps == 0
        return _Search(
            rewards=rewards,
            effort=jnp.where(first, rewards.solution.activation, search.effort),
            multiplier=multiplier,
            low=low,
            high=high,
            steps=search.steps + 1,
        )

    zero, none = jnp.zeros(()), jnp.zeros_like(model.fascicles.max_force)
    outline = eqx.filter_eval_shape(balance, jnp.asarray(STILL), none)
    empty = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), outline)
    still = eqx.tree_at(lambda it: it.multipliers, empty, jnp.asarray(STILL))
    start = _Rewards(still, none, none, none, zero + 1, zero - jnp.inf, jnp.zeros((), int))
    end = jax.lax.while_loop(
        unfinished, step,
        _Search(start, none, zero, jnp.array([-1.0, -1.0]), jnp.array([jnp.inf, 1.0]), jnp.zeros((), int)),
    )  # fmt: skip
    solution = end.rewards.solution
    status = Reach.where(_reached(end, wanted), Reach.reached, Reach.unreachable)
    return Stiffened(
        equilibrium=solution,
        stability=stability(model, task, solution, pelvis=pelvis),
        reward=end.rewards.reward,
        multiplier=end.multiplier,
        co_contraction=solution.activation - end.effort,
        steps=end.steps,
        status=Reach.where(solution.status == Status.converged, status, Reach.unsolved),
    )


def _relaxed(taken: Float[Array, ""], before: PerFascicle, off: PerFascicle) -> Float[Array, ""]:
    """Share of the next step by Irons and Tuck (1969): rewards answer themselves, so full steps overshoot."""
    change = off - before
    square = change @ change
    share = -taken * (before @ change) / jnp.where(square == 0, 1.0, square)
    return jnp.where(before @ before == 0, taken, jnp.clip(share, *_DAMPING))


def _reached(search: _Search, wanted: Float[Array, ""]) -> Bool[Array, ""]:
    over = search.rewards.margin - wanted
    return (jnp.abs(over) <= _CLOSE) | ((search.multiplier == 0) & (over >= 0))


def _next(search: _Search) -> Float[Array, ""]:
    """Multiplier to try: none at first, then a growing one, then by false position within the bracket."""
    (low, under), (high, over) = search.low, search.high
    open_end = jnp.isinf(high)
    inside = jnp.where(open_end, 1.0, high)
    grown = jnp.where(low <= 0, _FIRST, _GROWTH * low)
    between = (low * over - inside * under) / (over - under)
    return jnp.where(search.steps == 0, 0.0, jnp.where(open_end, jnp.minimum(grown, _LARGEST), between))


def _narrowed(search: _Search, found: Float[Array, "2"]) -> tuple[Float[Array, "2"], Float[Array, "2"]]:
    """The bracket with one end moved; an end that stays counts half (the Illinois rule)."""
    half = jnp.array([1.0, 0.5])
    misses = found[1] < 0
    low = jnp.where(misses, found, search.low * half)
    high = jnp.where(misses, search.high * half, found)
    return low, high


def _soft_margin(state: Balanced, pelvis: Pelvis) -> tuple[Float[Array, ""], PerFascicle]:
    """The least eigenvalue, softly [N m/rad], and what a unit of every activation adds to it, discs held."""
    value, modes = spectrum(tangent(state).whole, pelvis)
    share = jax.nn.softmax(-value / _SOFT)
    worth = jax.vmap(lambda mode: _worth(state, mode), in_axes=1)(modes)
    return -_SOFT * jax.nn.logsumexp(-value / _SOFT), share @ worth


def _worth(state: Balanced, mode: Motion) -> PerFascicle:
    """What a unit of activation, with the pressure it makes, adds to the stiffness of a mode [N m/rad]."""
    none = jnp.zeros_like(state.activation)
    unit = state._replace(activation=none + 1, pressure=jnp.ones(()))
    pull, springs = tensions(unit)
    active = pull - tensions(state._replace(activation=none))[0]

    (stretch, _), (bend, pressed) = along(lambda motion: activated(unit, motion), mode)
    stiffness = state.model.fascicles.short_range * springs.per_gain
    return active * bend[:-1] + stiffness * stretch[:-1] ** 2 + pressure_gain(state.model) * pressed
