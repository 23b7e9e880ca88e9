"""Measurements of trunk stability, asked of a body: pure functions whose numbers stand beside a paper's."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._numbers import Number
from spinesim.models.anatomy import BODIES, Model
from spinesim.models.groups import members
from spinesim.models.kinematics import at
from spinesim.models.placement import place
from spinesim.models.posture import Posture
from spinesim.models.state import Push, Task
from spinesim.scenarios.tasks import task as named
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.probes import knock_out, point_stiffness
from spinesim.solvers.stability import balanced, stability
from spinesim.solvers.stiffening import stiffen

FLEXORS = ("rectus_abdominis", "external_oblique", "internal_oblique")
EXTENSORS = ("multifidus", "erector_spinae")
_THORAX = BODIES.index("thorax")
HARNESS = np.array([0.0, 0.2, 0.0])  # in the thorax frame [m]: the harness at the height of T7
FELT_AT = np.array([-0.09, 0.0, 0.0])  # spinous process in the frame of its vertebra [m]


def critical_q_flexed(model: Model) -> Float[Array, ""]:
    """Critical q at 40 degrees of flexion with 18.4 kg (Arjmand and Shirazi-Adl 2006: none is needed)."""
    task = Task(Posture.flexed(trunk_flexion_deg=40.0), hand_load_kg=18.4)
    return stability(model, task, solve(model, task)).critical_q


def upright_co_contraction(model: Model, margin: Number) -> Float[Array, ""]:
    """Mean activation of the trunk's lesser side, flexors or extensors, upright (Cholewicki 1997: 0.017)."""
    activation = stiffen(model, named("standing"), margin).equilibrium.activation
    return jnp.minimum(_mean(model, activation, FLEXORS), _mean(model, activation, EXTENSORS))


def _mean(model: Model, activation: Float[Array, "fascicle"], groups: tuple[str, ...]) -> Float[Array, ""]:
    """Mean activation over cross-section."""
    own = jnp.asarray(np.any([members(model.fascicles, group) for group in groups], axis=0), float)
    size = own * model.fascicles.pcsa
    return size @ activation / jnp.sum(size)


def harness_task(model: Model, pull: Float[Array, ""]) -> Task:
    """Upright in a frame that holds the pelvis, a harness pulling forward at the chest by `pull` [N]."""
    upright = Task(Posture.standing())
    frames = place(model, upright).frames
    chest = frames.world.T @ at(frames, (_THORAX,), jnp.asarray(HARNESS)[None])[0]
    force = (pull, 0.0, 0.0)
    back = (-pull, 0.0, 0.0)
    return Task(
        Posture.standing(),
        push=(
            Push("thorax", force, tuple(HARNESS)),
            Push("pelvis", back, torque_nm=(0.0, -chest[2] * pull, chest[1] * pull)),
        ),
    )


def harness_stiffness(model: Model, pull: Float[Array, ""]) -> Float[Array, ""]:
    """Stiffness at a harness that pulls forward by `pull` [N], pelvis held [N/m].

    Gardner-Morse and Stokes (2001): 14.5 and 19.8 N/mm at 20 and 40 % of the greatest effort, reflexes
    and the pulling against one's own co-contraction included, of which this knows nothing.
    """
    task, forward = harness_task(model, pull), jnp.array([1.0, 0.0, 0.0])
    return point_stiffness(balanced(model, task, solve(model, task)), "thorax", jnp.asarray(HARNESS), forward)


def muscle_losses(model: Model, task: Task) -> Float[Array, "muscle"]:
    """Share of stability lost without each muscle group (Cholewicki and VanVliet 2002: 0.30 at most)."""
    return knock_out(balanced(model, task, solve(model, task)))


def pressure_stiffening(model: Model, pressure: Number, vertebra: str = "L3") -> Float[Array, ""]:
    """Gain of posteroanterior stiffness, prone, as pressure [Pa] rises with the muscles silent.

    Hodges et al. (2005): 0.08 to 0.31 at 27 to 61 % of the greatest pressure.
    """
    task = named("lying_prone")
    state = balanced(model, task, solve(model, task))
    index = BODIES.index(vertebra)
    world = state.placement.frames.world
    along = world.T @ state.placement.frames.rotation[index, :, 0]
    raised = state._replace(pressure=state.pressure + jnp.asarray(pressure, float))
    point = jnp.asarray(FELT_AT)
    stiff, stiffer = (point_stiffness(each, vertebra, point, along) for each in (state, raised))
    return stiffer / stiff - 1
