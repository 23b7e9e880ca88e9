"""Stiffness, stability and abdominal pressure of the trunk, asked as the experiments of category 7 asked it.

Every experiment is a pure function of a solved balance, read off the tangent stiffness of its potential, so
what it says of a push holds for one too fast for reflexes and too small to change an activation.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._jax import QUICK_COMPILE
from spinesim._numbers import Number
from spinesim._programs import kept
from spinesim.models.abdomen import pressure_gain
from spinesim.models.anatomy import BODIES, Model
from spinesim.models.groups import members
from spinesim.models.potential import Balanced
from spinesim.models.se3 import Vector
from spinesim.models.state import Task
from spinesim.scenarios.tasks import task as named
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.probes import MUSCLES, muscle_members, yielding
from spinesim.solvers.recruitment import AbstractObjective
from spinesim.solvers.stability import Matrix, balanced, index, spectrum, tangent
from spinesim.solvers.stiffening import stiffen
from spinesim.validation.people import solved, stacked, taken
from spinesim.validation.strength import EFFORTS, HARNESS, Effort, greatest_moments, harness_task, rig

FLEXORS = ("rectus_abdominis", "external_oblique", "internal_oblique")
EXTENSORS = ("multifidus", "erector_spinae")
#: Efforts at which the trunk was pushed (Gardner-Morse and Stokes 2001), as shares of the greatest extension,
#: each against loads at 0, 45, 90, 135 and 180 degrees to forward.
PUSHED = (0.2, 0.4)
AROUND = ("extension", "extension_and_bend", "lateral_bend", "flexion_and_bend", "flexion")
#: Efforts, as shares of the greatest each way, at which muscles are taken away one after the other
#: (Cholewicki and VanVliet 2002).
EXERTED, EXERTIONS = 0.4, ("extension", "flexion", "lateral_bend")
#: Pressure of Hodges et al. (2005) over the greatest, 27 to 61 percent: its middle; vertebrae they pushed.
RAISED, FELT = 0.44, ("L2", "L4")
FELT_AT = (-0.09, 0.0, 0.0)  # spinous process in the frame of its vertebra [m]
#: Activation of transversus where it is stimulated, and pressure that counts as risen [Pa] (Marras 1996).
STIMULATED, RISEN = 0.3, 1330.0
#: Share of the greatest extension moment at which pressure is read, one after the other.
RAMP = tuple(float(share) for share in np.linspace(0.05, 0.95, 16))


class Pulled(eqx.Module):
    """Tasks in the harness and how they end: pushed efforts, exertions, a ramp of extension, lying prone."""

    tasks: Task
    ends: Equilibrium


def greatest_pulls(model: Model) -> dict[str, float]:
    """Greatest pull at the harness that each of EXERTIONS holds [N]."""
    efforts = [Effort("man", towards) for towards in EXERTIONS]
    moments = greatest_moments(efforts, [model] * len(efforts))
    rigs = [rig(model, effort) for effort in efforts]
    pulls = [float((m - each.weight) / each.lever) for m, each in zip(moments, rigs, strict=True)]
    return dict(zip(EXERTIONS, pulls, strict=True))


def push_tasks(model: Model, most: Mapping[str, float]) -> Task:
    """The pushed efforts stacked: every share of the greatest extension against loads from AROUND."""
    pulls = [share * most["extension"] for share in PUSHED]
    return stacked([harness_task(model, pull, towards) for pull in pulls for towards in AROUND])


def pulled(
    model: Model, objective: AbstractObjective | None = None
) -> tuple[Pulled, Float[np.ndarray, "ramp"]]:
    """All solved cases that the experiments stand on, and the moments of the ramp [N m]."""
    most = greatest_pulls(model)
    others = [harness_task(model, EXERTED * pull, towards) for towards, pull in most.items()]
    others += [named("lying_prone")]
    others += [harness_task(model, share * most["extension"]) for share in RAMP]
    parts = push_tasks(model, most), stacked(others)
    tasks = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *parts)
    ends = solved(stacked([model] * len(tasks.loads.hand_mass)), tasks, objective)
    upright = rig(model, Effort("man", "extension"))
    pulls = np.array(RAMP) * most["extension"]
    return Pulled(tasks, ends), pulls * float(upright.lever) + float(upright.weight)


class States(NamedTuple):
    """Bodies whose tangent stiffness is read, each along a leading axis."""

    pushed: Balanced
    exerted: Balanced
    without: Balanced  # each exertion without each of MUSCLES
    prone: Balanced  # silent, under pressure, with transversus stimulated


@partial(kept, compiler_options=QUICK_COMPILE)
def stiffnesses(model: Model, cases: Pulled) -> dict[str, Float[Array, ""]]:
    """Rows read off the tangent stiffness of solved cases, all states in one batch."""
    states = _states(model, cases)
    every = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *states)
    whole = jax.vmap(lambda state: tangent(state).whole)(every)
    ends = np.cumsum([len(part.pressure) for part in states])
    pushed, exerted, without, prone = jnp.split(whole, ends[:-1])
    steady = jax.vmap(lambda matrix: index(spectrum(matrix, "held")[0]))
    left = steady(without).reshape(len(EXERTIONS), len(MUSCLES))
    silent, raised, _ = jnp.stack([_felt(states.prone, prone, name, 0) for name in FELT], axis=1)
    along, _, stimulated = _felt(states.prone, prone, "L4", 1)
    return _push_rows(states.pushed, pushed) | {
        "muscle_ko": 100 * jnp.max(1 - left / steady(exerted)[:, None]),
        "iap_stiff": 100 * jnp.mean(raised / silent - 1),
        "iap_tra_pig": jnp.sign(along / stimulated - 1),
    }


@partial(kept, compiler_options=QUICK_COMPILE)
def push_answers(model: Model, tasks: Task, ends: Equilibrium) -> dict[str, Float[Array, ""]]:
    """Rows of the pushes alone, for tasks in the order of `push_tasks`."""
    states = jax.vmap(lambda task, end: balanced(model, task, end))(tasks, ends)
    return _push_rows(states, jax.vmap(lambda state: tangent(state).whole)(states))


def _push_rows(states: Balanced, whole: Float[Array, "state motion motion"]) -> dict[str, Float[Array, ""]]:
    """Stiffness at the harness [N/mm], mean of the directions."""
    pulls = jnp.tile(jnp.array([EFFORTS[towards] for towards in AROUND]), (len(PUSHED), 1))
    stiffness = jax.vmap(harness_stiffness)(states, whole, pulls).reshape(len(PUSHED), len(AROUND))
    means = jnp.mean(stiffness, axis=1) / 1e3
    return {f"trk_stf_{100 * share:.0f}": mean for share, mean in zip(PUSHED, means, strict=True)}


def _states(model: Model, cases: Pulled) -> States:
    first = len(PUSHED) * len(AROUND)
    last = first + len(EXERTIONS)
    state = jax.vmap(lambda case: balanced(model, case.tasks, case.ends))(taken(cases, np.arange(last + 1)))
    exerted = taken(state, np.arange(first, last))
    each = np.repeat(np.arange(len(EXERTIONS)), len(MUSCLES))
    kept = 1 - jnp.tile(jnp.asarray(muscle_members(model.fascicles)), (len(EXERTIONS), 1))
    return States(
        pushed=taken(state, np.arange(first)),
        exerted=exerted,
        without=jax.vmap(_removed)(taken(exerted, each), kept),
        prone=stacked(_prone(taken(state, last))),
    )


def _removed(state: Balanced, kept: Float[Array, "fascicle"]) -> Balanced:
    """A body some of whose fascicles neither pull nor resist; the rest is not balanced again."""
    return eqx.tree_at(
        lambda state: (state.model.fascicles.max_force, state.model.fascicles.passive_force),
        state,
        replace_fn=lambda force: force * kept,
    )


def _prone(state: Balanced) -> list[Balanced]:
    """Prone with all muscles silent, the same under abdominal pressure, and with transversus stimulated.

    Hodges et al. pushed people (2005) whose diaphragm alone raised the pressure to 27 to 61 % of the
    greatest, and pigs (2003) whose transversus was stimulated.
    """
    model = state.model
    silent = state._replace(activation=jnp.zeros_like(state.activation), pressure=jnp.zeros(()))
    transversus = STIMULATED * jnp.asarray(members(model.fascicles, "transversus_abdominis"), float)
    raised = silent._replace(pressure=RAISED * model.abdomen.limit)
    made = silent._replace(activation=transversus, pressure=pressure_gain(model) @ transversus)
    return [silent, raised, made]


def answers(
    model: Model, coactivation: bool = True, objective: AbstractObjective | None = None
) -> dict[str, float]:
    """Rows of category 7 that a body answers; the least co-contraction takes long and may be left out."""
    cases, ramp = pulled(model, objective)
    found = {name: float(value) for name, value in stiffnesses(model, cases).items()}
    found["iap_onset"] = _onset(ramp, np.asarray(cases.ends.intra_abdominal_pressure)[-len(RAMP) :])
    found["iap_cap"] = float(jnp.sum(pressure_gain(model) * model.fascicles.cap)) / 1e3
    found["q_trend"] = 0.0  # q of a muscle is the same at every activation
    if coactivation:
        found["coact_0"] = 100 * float(upright_co_contraction(model, 0.0))
    return found


def _onset(moment: Float[np.ndarray, "ramp"], pressure: Float[np.ndarray, "ramp"]) -> float:
    """Extension moment at which the pressure first exceeds RISEN [N m]; infinite where it never does."""
    risen = np.flatnonzero(pressure > RISEN)
    if not risen.size:
        return float("inf")
    first = risen[0]
    return float(moment[0]) if first == 0 else float(
        np.interp(RISEN, pressure[first - 1 : first + 1], moment[first - 1 : first + 1])
    )  # fmt: skip


def harness_stiffness(state: Balanced, whole: Matrix, pull: Vector) -> Float[Array, ""]:
    """Stiffness at a harness along its pull, in the axes of the thorax, pelvis held [N/m].

    Gardner-Morse and Stokes (2001): 14.5 and 19.8 N/mm at 20 and 40 % of the greatest effort, mean of five
    directions, by a sine of 250 ms; reflexes and the pulling against one's own co-contraction are in it, of
    which this knows nothing.
    """
    frames = state.placement.frames
    along = frames.world.T @ frames.rotation[BODIES.index("thorax")] @ pull
    return yielding(state, whole, "thorax", jnp.array(HARNESS), along)


def upright_co_contraction(model: Model, margin: Number) -> Float[Array, ""]:
    """Mean activation of the trunk's lesser side, flexors or extensors, upright (Cholewicki 1997: 0.017)."""
    return lesser_side(model, stiffen(model, named("standing"), margin).equilibrium.activation)


def lesser_side(model: Model, activation: Float[Array, "fascicle"]) -> Float[Array, ""]:
    """Mean activation of the trunk's flexors or of its extensors, whichever is less."""
    return jnp.minimum(_mean(model, activation, FLEXORS), _mean(model, activation, EXTENSORS))


def _mean(model: Model, activation: Float[Array, "fascicle"], groups: Sequence[str]) -> Float[Array, ""]:
    """Mean activation over cross-section."""
    own = jnp.asarray(np.any([members(model.fascicles, group) for group in groups], axis=0), float)
    size = own * model.fascicles.pcsa
    return size @ activation / jnp.sum(size)


def _felt(
    states: Balanced, whole: Float[Array, "state motion motion"], vertebra: str, axis: int
) -> Float[Array, "state"]:
    """Stiffness at a spinous process along an axis of its vertebra [N/m]."""

    def one(state: Balanced, whole: Matrix) -> Float[Array, ""]:
        frames = state.placement.frames
        along = frames.world.T @ frames.rotation[BODIES.index(vertebra), :, axis]
        return yielding(state, whole, vertebra, jnp.array(FELT_AT), along)

    return jax.vmap(one)(states, whole)
