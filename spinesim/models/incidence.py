"""Pelvic incidence: how the sacrum is set between the hip bones.

Incidence is the angle between the normal of the S1 endplate and the line from its middle to the hips (Legaye
et al. 1998, Eur Spine J 7:99). Another incidence turns both hip bones as one about the middle of the S1
endplate, with hips, muscle attachments, wrapping surfaces and contacts on them.

A spine has grown with its pelvis: the upper plate of L5 follows the incidence by 0.76 degrees a degree
(Dominguez et al. 2016, 137 people; 0.73 in another 138), so that the lower end of L5 and the disc below it
take the other 0.24. By as much sacrum and joint L5/S1 are turned under L5, unstrained. That was read off
standing people; that it is bone and a disc at rest, not how they stand, is assumed (people who lie are nearly
as lordotic, and their lordosis goes more closely with the incidence: Chevillotte et al. 2018). Fibres that
run from the pelvis to the trunk grow with their neutral paths. L1 to L4, waist and hip muscles stay.
"""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from spinesim._smooth import safe_norm
from spinesim.models.anatomy import BODIES, Discs, Facets, Ligaments, Model
from spinesim.models.kinematics import FEMURS, SHANKS, origins
from spinesim.models.se3 import Rotation, about_z
from spinesim.models.tables import constants

_PELVIS = BODIES.index("pelvis")
Angle = Float[Array, ""]
Points = Float[Array, "point 3"]


def sacral_plate(model: Model) -> tuple[Float[Array, "3"], Float[Array, "3"]]:
    """Middle of the S1 endplate [m] and its normal, in pelvis axes.

    The middle lies half a disc height below the L5/S1 disc centre.
    """
    tilt = model.sacral_endplate
    normal = jnp.stack([-jnp.sin(tilt), jnp.cos(tilt), jnp.zeros_like(tilt)])
    return model.bodies.joint[1] - 0.5 * model.discs.height[0] * normal, normal


def incidence(model: Model) -> Angle:
    """Pelvic incidence [rad]."""
    middle, normal = sacral_plate(model)
    down = jnp.mean(model.bodies.joint[np.array(FEMURS)], axis=0) - middle
    return jnp.arctan2(down[0] * normal[1] - down[1] * normal[0], -(down @ normal))


def with_incidence(model: Model, wanted: Angle) -> Model:
    """The same body with another pelvic incidence [rad]; differentiable in it."""
    turn = wanted - incidence(model)
    set_under = -constants()["lumbosacral_share"] * turn
    sacrum = about_z(set_under)
    joint = model.bodies.joint[1]
    middle = sacrum @ (sacral_plate(model)[0] - joint) + joint
    between = about_z(turn)

    def moved(points: Points, pelvic: Bool[Array, "point"], iliac: Bool[Array, "point"]) -> Points:
        under = (points - joint) @ sacrum.T + joint
        set_in = (under - middle) @ between.T + middle
        return jnp.where(iliac[:, None], set_in, jnp.where(pelvic[:, None], under, points))

    def on_pelvis(points: Points, body: tuple[int, ...], hanging: np.ndarray | bool = False) -> Points:
        pelvic = jnp.asarray((np.array(body) == _PELVIS) & ~np.array(hanging))
        return moved(points, pelvic, pelvic & _on_hip_bones(model, points))

    def of_hip_bones(points: Points, which: np.ndarray) -> Points:
        return moved(points, jnp.asarray(which), jnp.asarray(which))

    bodies, wraps, abdomen = np.arange(len(BODIES)), model.wraps, model.abdomen
    surfaces = np.array(wraps.body) == _PELVIS
    paths = on_pelvis(model.paths.position, model.paths.body, _hanging(model))
    growth = _growth(model, paths)
    return eqx.tree_at(
        lambda m: (
            m.bodies.joint, m.bodies.com, m.paths.position, m.wraps.centre, m.wraps.rotation,
            m.contacts.position, m.abdomen.pelvic_floor, m.abdomen.fascia_path,
            m.fascicles.optimal_length, m.fascicles.tendon_slack_length,
            m.discs, m.ligaments, m.facets, m.sacral_endplate, m.iliac_turn,
        ),
        model,
        (
            of_hip_bones(model.bodies.joint, np.isin(bodies, FEMURS)),
            of_hip_bones(model.bodies.com, bodies == _PELVIS),
            paths,
            of_hip_bones(wraps.centre, surfaces),
            jnp.where(surfaces[:, None, None], between @ sacrum @ wraps.rotation, wraps.rotation),
            on_pelvis(model.contacts.position, model.contacts.body),
            of_hip_bones(abdomen.pelvic_floor[None], np.ones(1, bool))[0],
            abdomen.fascia_path.at[0].set(sacrum @ (abdomen.fascia_path[0] - joint) + joint),
            model.fascicles.optimal_length * growth,
            model.fascicles.tendon_slack_length * growth,
            *_turned_joint(model, sacrum, set_under),
            model.sacral_endplate + set_under,
            model.iliac_turn + turn + set_under,
        ),
    )  # fmt: skip


def _turned_joint(model: Model, sacrum: Rotation, angle: Angle) -> tuple[Discs, Ligaments, Facets]:
    """The tissues, those of L5/S1 turned as one about their disc's centre: none of them is strained."""

    def turned(field: Float[Array, "level *rest"]) -> Float[Array, "level *rest"]:
        return field.at[0].set(field[0] @ sacrum.T)

    discs, ligaments, facets = model.discs, model.ligaments, model.facets
    fields = ("upper_point", "lower_point", "normal", "tip", "lamina_normal")
    return (
        replace(discs, tilt=discs.tilt.at[0].add(angle)),
        replace(ligaments, **{name: turned(getattr(ligaments, name)) for name in fields[:2]}),
        replace(facets, **{name: turned(getattr(facets, name)) for name in fields}),
    )


def _growth(model: Model, points: Points) -> Float[Array, "fascicle"]:
    """Neutral lengths with other path points over those there are, of fascicles that pass no hip."""
    owner, body = np.array(model.paths.fascicle), np.array(model.paths.body)
    origin = origins(model, jnp.broadcast_to(jnp.eye(3), (len(BODIES), 3, 3)))[body]
    passes = np.bincount(owner, np.isin(body, (*FEMURS, *SHANKS))) > 0
    same = jnp.asarray((owner[1:] == owner[:-1]).astype(float))

    def lengths(position: Points) -> Float[Array, "fascicle"]:
        steps = safe_norm(jnp.diff(origin + position, axis=0)) * same
        return jnp.zeros(len(passes)).at[owner[1:]].add(steps)

    return jnp.where(passes, 1.0, lengths(points) / lengths(model.paths.position))


def _on_hip_bones(model: Model, points: Points) -> Bool[Array, "point"]:
    """Which points of the pelvis are on the hip bones, not on the sacrum, behind L5/S1 in the middle."""
    behind = points[:, 0] < model.bodies.joint[1, 0]
    middle = jnp.abs(points[:, 2]) < constants()["sacrum_half_width"]
    return ~(behind & middle)


def _hanging(model: Model) -> np.ndarray:
    """Path points of transversus that hang between the bones of the waist: all but its ends."""
    owner = np.array(model.paths.fascicle)
    inner = (np.diff(owner, prepend=-1) == 0) & (np.diff(owner, append=-1) == 0)
    return inner & (np.array(model.fascicles.group)[owner] == "transversus_abdominis")
