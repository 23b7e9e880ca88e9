"""Impairment: what every part of one body has lost, and the body that is left.

`Imbalance` says it by name; here it is by row, so that imbalances of any names are one program.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._record import Record, quantity
from spinesim._smooth import safe_norm
from spinesim.models.anatomy import BODIES, Model
from spinesim.models.kinematics import FEMURS, SHANKS, origins
from spinesim.models.se3 import about_z

_PELVIS = BODIES.index("pelvis")
#: A muscle that nothing drives is capped at zero; its price stays finite.
_LEAST_DRIVE = 1e-2
#: The sacrum is what lies behind and above the hips within this share of their half distance from the
#: midline: 33 mm in the man of the tables, whose posterior iliac spines stand at 38 to 45.
_SACRUM = 0.43


class Impairment(Record):
    """What is left of every part (1: all of it), or what it lost (0: nothing)."""

    length: Float[Array, "fascicle"] = quantity("1", "fascicle")  # left of fibre and tendon
    strength: Float[Array, "fascicle"] = quantity("1", "fascicle")  # left
    drive: Float[Array, "fascicle"] = quantity("1", "fascicle")  # left of the motor units in reach
    endurance: Float[Array, "fascicle"] = quantity("1", "fascicle")  # left unfatigued
    short_leg: Float[Array, "side"] = quantity("m", "side")  # lost
    innominate: Float[Array, "side"] = quantity("rad", "side")  # turned forward
    worn: Float[Array, "level"] = quantity("1", "level")  # health lost
    fluid: Float[Array, "level"] = quantity("1", "level")  # left
    slack: Float[Array, "level strand"] = quantity("1", "level", "strand")  # over the usual one

    def apply(self, model: Model) -> Model:
        """`model` with what is left; where nothing was lost, the same to the last bit."""
        framed = turn_innominates(shorten_legs(model, self.short_leg), self.innominate)
        muscles, discs, ligaments = framed.fascicles, framed.discs, framed.ligaments
        return replace(
            framed,
            fascicles=replace(
                muscles,
                optimal_length=muscles.optimal_length * self.length,
                tendon_slack_length=muscles.tendon_slack_length * self.length,
                max_force=muscles.max_force * self.strength,
                cap=muscles.cap * self.drive * self.endurance,
                price=muscles.price / jnp.maximum(self.drive, _LEAST_DRIVE),
            ),
            discs=replace(
                discs,
                degeneration=discs.degeneration + (1 - discs.degeneration) * self.worn,
                hydration=discs.hydration * self.fluid,
            ),
            ligaments=replace(ligaments, slack_length=ligaments.slack_length * self.slack),
        )


def shorten_legs(model: Model, shortening: Float[Array, "side"]) -> Model:
    """Femur, shank and foot of each side scaled alike, to be shorter by `shortening` [m] hip to ankle.

    Their muscles grow with them, so that every fibre keeps its neutral operating point; mass stays.
    """
    joint, shanks = model.bodies.joint, np.array(SHANKS)
    scale = 1 - shortening / (safe_norm(joint[shanks]) + safe_norm(model.ankle))
    factor = jnp.ones(len(BODIES)).at[np.array(FEMURS)].set(scale).at[shanks].set(scale)

    def grown(body: tuple[int, ...]) -> Float[Array, "row 1"]:
        return factor[np.array(body)][:, None]

    wraps, contacts = model.wraps, model.contacts
    shorter = replace(
        model,
        bodies=replace(
            model.bodies,
            joint=joint.at[shanks].set(joint[shanks] * scale[:, None]),
            com=model.bodies.com * factor[:, None],
            inertia=model.bodies.inertia * (factor**2)[:, None, None],
        ),
        paths=replace(model.paths, position=model.paths.position * grown(model.paths.body)),
        wraps=replace(
            wraps,
            centre=wraps.centre * grown(wraps.body),
            radius=wraps.radius * grown(wraps.body)[:, 0],
        ),
        contacts=replace(contacts, position=contacts.position * grown(contacts.body)),
        ankle=model.ankle * scale[:, None],
    )
    growth = _neutral_lengths(shorter) / _neutral_lengths(model)
    fascicles = model.fascicles
    return replace(
        shorter,
        fascicles=replace(
            fascicles,
            optimal_length=fascicles.optimal_length * growth,
            tendon_slack_length=fascicles.tendon_slack_length * growth,
        ),
    )


def turn_innominates(model: Model, angle: Float[Array, "side"]) -> Model:
    """Each half of the pelvis turned forward by `angle` [rad] about the sacroiliac joints.

    The axis runs across, halfway between the L5/S1 disc and the tip of the sacral spine. Hip, muscle
    attachments, wrapping surfaces and contacts of that half move; the sacrum and what hangs on it stay.
    """
    paths, wraps, contacts, femurs = model.paths, model.wraps, model.contacts, np.array(FEMURS)
    # Where a half came from, seen from where it goes: subtracted, so that no turn leaves even -0.0 alone.
    back = jnp.eye(3) - jax.vmap(about_z)(-angle)
    axis = (model.bodies.joint[1] + model.abdomen.fascia_path[0]) / 2
    hips = model.bodies.joint[femurs]
    hip = jnp.abs(hips[0])

    def moved(point: Float[Array, "row 3"], body: tuple[int, ...]) -> Float[Array, "row 3"]:
        from_hip = point - jnp.mean(hips, axis=0)
        behind = (from_hip[:, 0] < 0) & (from_hip[:, 1] > 0)
        sacral = behind & (jnp.abs(point[:, 2]) < _SACRUM * hip[2])
        own = (np.array(body) == _PELVIS) & ~sacral & (point[:, 2] != 0)
        step = jnp.einsum("nij,nj->ni", back[_half(point)], point - axis)
        return jnp.where(own[:, None], point - step, point)

    on_pelvis = (np.array(wraps.body) == _PELVIS)[:, None, None]
    return replace(
        model,
        bodies=replace(
            model.bodies, joint=model.bodies.joint.at[femurs].set(moved(hips, (_PELVIS, _PELVIS)))
        ),
        paths=replace(paths, position=moved(paths.position, paths.body)),
        wraps=replace(
            wraps,
            centre=moved(wraps.centre, wraps.body),
            rotation=wraps.rotation - jnp.where(on_pelvis, back[_half(wraps.centre)] @ wraps.rotation, 0.0),
        ),
        contacts=replace(contacts, position=moved(contacts.position, contacts.body)),
    )


def _half(point: Float[Array, "row 3"]) -> Array:
    """Side on which each point lies, as in SIDES."""
    return (point[:, 2] < 0).astype(int)


def _neutral_lengths(model: Model) -> Float[Array, "fascicle"]:
    """Lengths of the path points' polylines with every rotation zero [m]."""
    upright = jnp.broadcast_to(jnp.eye(3), (len(BODIES), 3, 3))
    owner = np.array(model.paths.fascicle)
    points = origins(model, upright)[np.array(model.paths.body)] + model.paths.position
    steps = safe_norm(jnp.diff(points, axis=0)) * (owner[1:] == owner[:-1])
    return jax.ops.segment_sum(steps, owner[1:], num_segments=len(model.fascicles.name))
