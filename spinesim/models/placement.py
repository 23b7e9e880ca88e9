"""Placement: a body in a posture under its loads, ready for the solve, everything in pelvis axes.

All of it is evaluated once a case, with the discs at rest; what the solve changes afterwards are the
translations of the discs, the tensions and the reactions.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._names import of_kind
from spinesim._record import Record, quantity
from spinesim.models.abdomen import pressure_struts
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.hip_ligament import femurs, ligament_moment
from spinesim.models.kinematics import ABDOMEN, Frames
from spinesim.models.loads import BodyWrenches, body_wrenches
from spinesim.models.paths import Segments, place_paths
from spinesim.models.se3 import extension_rate, joint_rotation
from spinesim.models.stance import body_frames, contact_points
from spinesim.models.state import Task
from spinesim.models.supports import frame


class Reactions(Record):
    """Contacts that may push: where, along which axes (normal, two tangents), how roughly."""

    point: Float[Array, "contact 3"] = quantity("m", "contact", "axis")
    axes: Float[Array, "contact 3 3"] = quantity("1", "contact", "axis", "direction")
    active: Float[Array, "contact"] = quantity("1", "contact")
    friction: Float[Array, "contact"] = quantity("1", "contact")


class Placement(Record):
    """A posed and loaded body; rows of `segments` beyond the fascicles belong to the pressure."""

    frames: Frames
    segments: Segments
    wrenches: BodyWrenches
    reactions: Reactions
    level_rotation: Float[Array, "level 3 3"] = quantity("1", "level", "axis", "axis_b")
    hip_ligament: Float[Array, "side 3"] = quantity("N m", "side", "axis")  # moment on each thigh
    follow: Float[Array, "level 3"] = quantity("1", "level", "axis")  # wall flexion per rotation
    wall_axis: Float[Array, "3"] = quantity("1", "axis")  # about which the abdominal wall follows


def place(model: Model, task: Task) -> Placement:
    """Pose `model` as `task` says and gather what pulls, pushes and holds it."""
    of_kind("model", model, Model, "lumbar_model()")
    of_kind("task", task, Task, "task('standing') or Task(posture)")
    posture, loads = task.posture, task.loads
    frames = body_frames(model, posture, loads)
    lower = frames.rotation[: len(LEVELS)]
    rate = jax.vmap(extension_rate)(posture.levels)
    supports = posture.supports
    return Placement(
        frames=frames,
        segments=_segments(model, frames),
        wrenches=body_wrenches(model, loads, frames),
        reactions=Reactions(
            point=contact_points(model, frames),
            axes=jnp.einsum("ij,ckj->cik", frames.world, jax.vmap(frame)(supports.normal)),
            active=supports.active,
            friction=supports.friction,
        ),
        level_rotation=jax.vmap(joint_rotation)(posture.levels),
        hip_ligament=ligament_moment(model, femurs(frames)),
        follow=model.abdomen.flexion_follow * jnp.einsum("jab,jb->ja", lower, rate),
        wall_axis=frames.rotation[ABDOMEN, :, 2],
    )


def _segments(model: Model, frames: Frames) -> Segments:
    """Muscle segments followed by those of the abdominal pressure."""
    count = len(model.fascicles.name)
    muscle = place_paths(model.paths, model.wraps, count, frames.rotation, frames.origin)
    struts = pressure_struts(model, frames, owner=count)
    return Segments(
        start_body=muscle.start_body + struts.start_body,
        end_body=muscle.end_body + struts.end_body,
        fascicle=muscle.fascicle + struts.fascicle,
        start=jnp.concatenate([muscle.start, struts.start]),
        end=jnp.concatenate([muscle.end, struts.end]),
        weight=jnp.concatenate([muscle.weight, struts.weight]),
        constant=jnp.concatenate([muscle.constant, struts.constant]),
    )
