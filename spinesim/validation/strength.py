"""Greatest moments of the trunk: a harness at the chest pulls harder until the muscles no longer hold it.

The person stands in a frame that holds the pelvis; each trial is solved as any task is, all activations free
between 0 and 1, so what gives out first (a level, a muscle, the upper lumbar spine) is the model's to find.
Every level keeps its angle, so an effort ends with the first level that misses something. In people only the
trunk as a whole is held, and a level may bend into its passive tissue: a trunk that could sink by 5 degrees,
as in the holds of the screen, would reach 8 % more in extension, 23 % in flexion, 16 % in side bending and
27 % in torsion. The specific tension was chosen without.
"""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import BODIES, Model
from spinesim.models.kinematics import SPINE_OUTBOARD, at
from spinesim.models.posture import Posture
from spinesim.models.state import STANDARD_GRAVITY, Push, Task
from spinesim.solvers.balance import HELD_PRICE, RIGID
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.solution import Status
from spinesim.validation.people import frames_of, person, solved, stacked

HARNESS = (0.0, 0.2, 0.0)  # in the thorax frame [m]: the harness at the height of T7
#: What the trunk strives to do, and how the harness pulls against it in the axes of the thorax.
EFFORTS = {
    "extension": (1.0, 0.0, 0.0), "extension_and_bend": (0.5**0.5, 0.0, 0.5**0.5),
    "lateral_bend": (0.0, 0.0, 1.0), "flexion_and_bend": (-(0.5**0.5), 0.0, 0.5**0.5),
    "flexion": (-1.0, 0.0, 0.0), "axial_rotation": (0.0, 0.0, 0.0),
}  # fmt: skip
#: Inclinations of the trunk [deg] at which Keller and Roy (2002) had people strive.
INCLINATIONS = tuple(range(-20, 51, 10))
#: Pull [N], or twist [N m], that nobody holds, and halvings of the search: to a five-hundredth of it.
GREATEST = 1000.0
#: Reserve moment [N m] up to which a joint counts as held by its muscles, as in the status of a solve.
SPARE = float(RIGID[0] * HELD_PRICE[0])
HALVINGS = 9
_THORAX = BODIES.index("thorax")
#: Bodies above L5-S1.
_ABOVE = tuple(np.flatnonzero(SPINE_OUTBOARD[0]).tolist())


class Effort(NamedTuple):
    """One effort of one person."""

    who: str
    towards: str
    inclination_deg: float = 0.0


class Rig(NamedTuple):
    """What a unit of pull does: the task that it loads and its moment about L5-S1, and that of the weight."""

    unit: Task
    lever: Float[Array, ""]  # N m per unit of pull
    weight: Float[Array, ""]  # N m


def harness_task(
    model: Model, pull: Float[Array, ""] | float, towards: str = "extension", inclination_deg: float = 0.0
) -> Task:
    """Standing with the pelvis held, a harness at the chest pulling by `pull` [N] against an effort.

    Against rotation it twists the chest by `pull` [N m]. The frame takes all of it at the pelvis, so that
    hips and feet feel nothing.
    """
    posture = Posture.flexed(trunk_flexion_deg=inclination_deg)
    frames = frames_of(model, Task(posture))
    chest = frames.world.T @ at(frames, (_THORAX,), jnp.array([HARNESS]))[0]
    axes = frames.world.T @ frames.rotation[_THORAX]
    force = pull * axes @ jnp.array(EFFORTS[towards])
    torque = pull * axes[:, 1] * (towards == "axial_rotation")
    held = -torque - jnp.cross(chest, force)
    return Task(
        posture, push=(Push("thorax", force, HARNESS, torque), Push("pelvis", -force, torque_nm=held))
    )


def rig(model: Model, effort: Effort) -> Rig:
    """The harness of an effort at a unit of pull."""
    unit = harness_task(model, 1.0, effort.towards, effort.inclination_deg)
    frames = frames_of(model, unit)
    joint = frames.world.T @ frames.origin[1]
    chest = frames.world.T @ at(frames, (_THORAX,), jnp.array([HARNESS]))[0]
    pushed = jnp.cross(chest - joint, unit.loads.force[_THORAX]) + unit.loads.torque[_THORAX]
    masses = jnp.asarray(model.bodies.mass)[jnp.array(_ABOVE)]
    centres = at(frames, _ABOVE, model.bodies.com[jnp.array(_ABOVE)]) @ frames.world - joint
    weight = -STANDARD_GRAVITY * masses @ centres[:, 0]  # about z: forward of the joint bends forward
    sign = {"extension": -1.0, "flexion": 1.0}.get(effort.towards, 0.0)
    return Rig(unit, jnp.linalg.norm(pushed), sign * weight)


def greatest_moments(
    efforts: Sequence[Effort], models: Sequence[Model] | None = None
) -> Float[np.ndarray, "effort"]:
    """Greatest moment about L5-S1 that each effort holds [N m], weight included, by halving.

    Args:
        efforts: who strives for what.
        models: bodies in the place of those that the efforts name.
    """
    bodies = [person(effort.who) for effort in efforts] if models is None else list(models)
    rigs = [rig(model, effort) for model, effort in zip(bodies, efforts, strict=True)]
    units, models_ = stacked([each.unit for each in rigs]), stacked(bodies)
    low, high = np.zeros(len(efforts)), np.full(len(efforts), GREATEST)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        held = solved(models_, _pulled(units, jnp.asarray(middle)), keep=_held)
        low, high = np.where(held, middle, low), np.where(held, high, middle)
    pull = 0.5 * (low + high)
    return np.array([float(p * each.lever + each.weight) for p, each in zip(pull, rigs, strict=True)])


def _held(solution: Equilibrium) -> Array:
    """Whether the muscles hold every joint: what the feet miss, the frame at the pelvis gives."""
    solved = (solution.status == Status.converged) | (solution.status == Status.unbalanced)
    return solved & jnp.all(jnp.abs(solution.reserve_moment) <= SPARE, axis=(1, 2))


def _pulled(units: Task, pull: Float[Array, "effort"]) -> Task:
    """Tasks with `pull` times their unit of pull."""
    return eqx.tree_at(
        lambda task: (task.loads.force, task.loads.torque),
        units,
        (pull[:, None, None] * units.loads.force, pull[:, None, None] * units.loads.torque),
    )


#: Efforts that answer the rows, in the order in which `answers` reads them.
UPRIGHT = (
    Effort("man", "extension"), Effort("man", "flexion"), Effort("man", "lateral_bend"),
    Effort("man", "axial_rotation"), Effort("woman", "extension"), Effort("woman", "flexion"),
)  # fmt: skip
INCLINED = tuple(Effort("man", towards, at) for towards in ("extension", "flexion") for at in INCLINATIONS)


def answers(moments: Float[np.ndarray, "effort"]) -> dict[str, float]:
    """Rows of strength from the moments of UPRIGHT and INCLINED [N m, deg, 1]."""
    upright, inclined = moments[: len(UPRIGHT)], moments[len(UPRIGHT) :]
    names = ("mvm_me", "mvm_mf", "mvm_ml", "mvm_ma", "mvm_fe", "mvm_ff")
    found: dict[str, float] = {name: float(moment) for name, moment in zip(names, upright, strict=True)}
    found["mvm_f_over_m"] = (found["mvm_fe"] / found["mvm_me"] + found["mvm_ff"] / found["mvm_mf"]) / 2
    if inclined.size:
        extension, flexion = inclined.reshape(2, len(INCLINATIONS))
        over = extension / flexion
        found["mvm_ext_angle"] = float(INCLINATIONS[int(np.argmax(extension))])
        found["mvm_flex_angle"] = float(INCLINATIONS[int(np.argmax(flexion))])
        found["mvm_ef_gain"] = float(over[-1] / over[0])
    return found
