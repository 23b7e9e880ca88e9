"""Stiffness, stability and abdominal pressure of the trunk, asked as the experiments of category 7 asked it.

Every experiment is a pure function of a solved balance, read off the tangent stiffness of its potential, so
what it says of a push holds for one too fast for reflexes and too small to change an activation.
"""

from collections.abc import Sequence
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._jax import QUICK_COMPILE
from spinesim._numbers import Number
from spinesim.models.abdomen import pressure_gain
from spinesim.models.anatomy import BODIES, Model
from spinesim.models.potential import Balanced
from spinesim.models.state import Task
from spinesim.scenarios.tasks import task as named
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.probes import knock_out, point_stiffness
from spinesim.solvers.stability import balanced
from spinesim.solvers.stiffening import stiffen
from spinesim.validation.people import solved, stacked, taken
from spinesim.validation.strength import HARNESS, Effort, greatest_moments, harness_task, rig

FLEXORS = ("rectus_abdominis", "external_oblique", "internal_oblique")
EXTENSORS = ("multifidus", "erector_spinae")
#: Efforts at which the trunk was pushed (Gardner-Morse and Stokes 2001), as shares of the greatest, and that
#: at which muscles are taken away one after the other (Cholewicki and VanVliet 2002: isometric exertions).
PUSHED, EXERTED = (0.2, 0.4), 0.4
EXERTIONS = ("extension", "flexion", "lateral_bend")
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


def pulled(model: Model) -> tuple[Pulled, Float[np.ndarray, "ramp"]]:
    """All solved cases that the experiments stand on, and the moments of the ramp [N m]."""
    efforts = [Effort("man", towards) for towards in EXERTIONS]
    rigs = [rig(model, effort) for effort in efforts]
    moments = greatest_moments(efforts, [model] * len(efforts))
    most = [float((m - each.weight) / each.lever) for m, each in zip(moments, rigs, strict=True)]
    tasks = [harness_task(model, share * most[0]) for share in PUSHED]
    tasks += [
        harness_task(model, EXERTED * pull, towards) for towards, pull in zip(EXERTIONS, most, strict=True)
    ]
    tasks += [named("lying_prone")]
    tasks += [harness_task(model, share * most[0]) for share in RAMP]
    all_tasks = stacked(tasks)
    ends = solved(stacked([model] * len(tasks)), all_tasks)
    return Pulled(all_tasks, ends), np.array(RAMP) * most[0] * float(rigs[0].lever) + float(rigs[0].weight)


@partial(jax.jit, compiler_options=QUICK_COMPILE)
def stiffnesses(model: Model, cases: Pulled) -> dict[str, Float[Array, ""]]:
    """Rows read off the tangent stiffness of solved cases."""
    count = len(PUSHED)
    pushed, exerted = taken(cases, np.arange(count)), taken(cases, count + np.arange(len(EXERTIONS)))
    prone = _state(model, taken(cases, count + len(EXERTIONS)))
    push = jax.vmap(lambda case: harness_stiffness(_state(model, case)))(pushed)
    losses = jax.vmap(lambda case: knock_out(_state(model, case)))(exerted)
    return {
        "trk_stf_20": push[0] / 1e3,
        "trk_stf_40": push[1] / 1e3,
        "muscle_ko": 100 * jnp.max(losses),
        "iap_stiff": 100 * jnp.mean(jnp.stack([pressure_stiffening(prone, RAISED, name) for name in FELT])),
        "iap_tra_pig": jnp.sign(stimulated_motion(prone)),
    }


def answers(model: Model, coactivation: bool = True) -> dict[str, float]:
    """Rows of category 7 that a body answers; the least co-contraction takes long and may be left out."""
    cases, ramp = pulled(model)
    found = {name: float(value) for name, value in stiffnesses(model, cases).items()}
    found["iap_onset"] = _onset(ramp, np.asarray(cases.ends.intra_abdominal_pressure)[-len(RAMP) :])
    found["iap_cap"] = float(jnp.sum(pressure_gain(model) * model.fascicles.cap)) / 1e3
    found["q_trend"] = 0.0  # q is one number for all muscles and activations
    if coactivation:
        found["coact_0"] = 100 * float(upright_co_contraction(model, 0.0))
    return found


def _state(model: Model, case: Pulled) -> Balanced:
    return balanced(model, case.tasks, case.ends)


def _onset(moment: Float[np.ndarray, "ramp"], pressure: Float[np.ndarray, "ramp"]) -> float:
    """Extension moment at which the pressure first exceeds RISEN [N m]; infinite where it never does."""
    risen = np.flatnonzero(pressure > RISEN)
    if not risen.size:
        return float("inf")
    first = risen[0]
    return float(moment[0]) if first == 0 else float(
        np.interp(RISEN, pressure[first - 1 : first + 1], moment[first - 1 : first + 1])
    )  # fmt: skip


def harness_stiffness(state: Balanced) -> Float[Array, ""]:
    """Stiffness at a harness that pulls forward, pelvis held [N/m].

    Gardner-Morse and Stokes (2001): 14.5 and 19.8 N/mm at 20 and 40 % of the greatest effort, reflexes
    and the pulling against one's own co-contraction included, of which this knows nothing.
    """
    return point_stiffness(state, "thorax", jnp.array(HARNESS), jnp.array([1.0, 0.0, 0.0]))


@partial(jax.jit, compiler_options=QUICK_COMPILE)
def upright_co_contraction(model: Model, margin: Number) -> Float[Array, ""]:
    """Mean activation of the trunk's lesser side, flexors or extensors, upright (Cholewicki 1997: 0.017)."""
    activation = stiffen(model, named("standing"), margin).equilibrium.activation
    return jnp.minimum(_mean(model, activation, FLEXORS), _mean(model, activation, EXTENSORS))


def _mean(model: Model, activation: Float[Array, "fascicle"], groups: Sequence[str]) -> Float[Array, ""]:
    """Mean activation over cross-section."""
    own = jnp.asarray([any(hit) for hit in zip(*map(model.fascicles.in_group, groups), strict=True)], float)
    size = own * model.fascicles.pcsa
    return size @ activation / jnp.sum(size)


def pressure_stiffening(state: Balanced, share: Number, vertebra: str) -> Float[Array, ""]:
    """Gain of posteroanterior stiffness, prone, as pressure rises to a share of the greatest, muscles silent.

    Hodges et al. (2005): 0.08 to 0.31 at 27 to 61 % of the greatest pressure.
    """
    silent = state._replace(activation=jnp.zeros_like(state.activation), pressure=jnp.zeros(()))
    raised = silent._replace(pressure=share * state.model.abdomen.limit)
    stiff, stiffer = (_felt(each, vertebra, 0) for each in (silent, raised))
    return stiffer / stiff - 1


def stimulated_motion(state: Balanced) -> Float[Array, ""]:
    """Change of what L4 yields to a push along the spine toward the feet as transversus is stimulated.

    Over what it yielded; Hodges et al. (2003) did this to pigs, and it fell.
    """
    own = jnp.asarray(state.model.fascicles.in_group("transversus_abdominis"), float)
    silent = state._replace(activation=jnp.zeros_like(own), pressure=jnp.zeros(()))
    activation = STIMULATED * own
    working = silent._replace(activation=activation, pressure=pressure_gain(state.model) @ activation)
    return _felt(silent, "L4", 1) / _felt(working, "L4", 1) - 1


def _felt(state: Balanced, vertebra: str, axis: int) -> Float[Array, ""]:
    """Stiffness at a spinous process along an axis of its vertebra [N/m]."""
    frames = state.placement.frames
    along = frames.world.T @ frames.rotation[BODIES.index(vertebra), :, axis]
    return point_stiffness(state, vertebra, jnp.array(FELT_AT), along)
