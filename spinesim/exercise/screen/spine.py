"""Flexibility of the lumbar spine: ranges of the segments, modified Schober test, sit and reach."""

from dataclasses import replace
from math import pi

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.exercise.library import FOLDER
from spinesim.exercise.screen.hips import bisected
from spinesim.models import tables
from spinesim.models.anatomy import BODIES, LEVELS, Discs, Facets, Ligaments, Model
from spinesim.models.disc import rest_height
from spinesim.models.kinematics import SHANKS, UPPER_ARMS, at
from spinesim.models.mechanics import tissue_energies
from spinesim.models.placement import place
from spinesim.models.posture import Posture
from spinesim.models.se3 import about_z
from spinesim.models.state import Task

DEG = pi / 180
Levels = Float[Array, "level"]


def _flexion() -> np.ndarray:
    rows = tables.read(FOLDER / "flexibility.csv")
    ranges = dict(zip(rows.names("level"), rows.numbers("flexion_deg"), strict=True))
    return np.array([ranges[level] for level in LEVELS])


#: Flexion of the levels of healthy men from standing to the end of range (Pearcy et al. 1984) [rad].
HEALTHY = _flexion()
#: Longest flexion that is looked for, over the healthy one; half a chord of which the slope is a stiffness
#: [deg].
WIDEST, SMALL = 1.5, 1.0
#: Skin over the spine in body frames (x, y) over stature, from the sacrum up. At 1.75 m it lies 85 mm behind
#: the middle of a disc (assumed): in men of 75 kg it is 46 mm from skin to spinal canal at L3/L4 (So et al.
#: 1997), and canal and half a disc are some 35 more.
SKIN = (
    ("pelvis", (-0.1, -0.051)), ("pelvis", (-0.097, -0.006)),
    *((body, (-0.0486, 0.007)) for body in BODIES[1:6]), ("thorax", (-0.051, 0.029)),
)  # fmt: skip
#: Height of the lumbosacral junction on the skin: halfway from sacrum to L5; marks below and above it [m].
_JUNCTION, BELOW, ABOVE = 1.5, 0.05, 0.10
#: Grip to finger tips, and the sole below the ankle [m] (assumed: a third of a hand's length beyond the
#: grip).
_FINGERS, _SOLE = 0.09, 0.075


def moment(tissues: tuple[Discs, Ligaments, Facets], flexion: Float[Array, ""]) -> Float[Array, ""]:
    """Moment with which one segment resists flexion [N m] by an angle [rad], about its disc's centre.

    The disc stands at its own rest height, so that one that has lost fluid slackens the ligaments.
    """
    disc = tissues[0]
    sunk = jnp.zeros(3).at[1].set(rest_height(disc) - disc.height)

    def energy(angle: Float[Array, ""]) -> Float[Array, ""]:
        return jnp.sum(tissue_energies(tissues, about_z(-angle), sunk))

    return jax.grad(energy)(flexion)


def stiffness(model: Model, flexion: Levels) -> Levels:
    """Stiffness of the passive tissue of every level in flexion, a little to either side of one [N m/deg].

    Facets that touch give it a corner, hence a chord and no tangent.
    """
    parts = (model.discs, model.ligaments, model.facets)
    more, less = (jax.vmap(moment)(parts, flexion + turn * DEG) for turn in (SMALL, -SMALL))
    return (more - less) / (2 * SMALL)


class Flexibility(eqx.Module):
    """Flexion of every level [deg] and its stiffness about neutral [N m/deg]."""

    range: Levels
    neutral: Levels


def flexibility(healthy: Model, own: Model) -> Flexibility:
    """How far each segment flexes: to the moment that a healthy one bears at its published range."""
    parts = [(model.discs, model.ligaments, model.facets) for model in (healthy, own)]
    measured = jnp.asarray(HEALTHY)
    borne = jax.vmap(moment)(parts[0], measured)

    def spare(angle: Levels) -> Levels:
        return borne - jax.vmap(moment)(parts[1], angle)

    found = bisected(spare, 0 * measured, WIDEST * measured)
    return Flexibility(found / DEG, stiffness(own, jnp.zeros(len(LEVELS))))


def bent(ranges: Levels) -> Posture:
    """Standing bent forward as far as the segments go, the pelvis following as in the usual rhythm."""
    whole = jnp.sum(ranges)
    upright = Posture.standing()
    levels = upright.levels.at[:, 2].add(-ranges * DEG)
    return replace(upright, levels=levels, pelvis=upright.pelvis.at[2].add(-0.8 * whole * DEG))


def schober(model: Model, ranges: Levels) -> Float[Array, ""]:
    """Modified Schober test [m]: how much the skin between two marks lengthens from standing to full flexion.

    Marks 5 cm below and 10 cm above the lumbosacral junction stay on their bodies, so does the skin between
    them. Real skin slides and stretches besides (`screen.csv` tells samples and what this misses).
    """

    def places(posture: Posture) -> Float[Array, "place 3"]:
        frames = place(model, Task(posture)).frames
        points = model.person.height * jnp.array([(*xy, 0.0) for _, xy in SKIN])
        return at(frames, tuple(BODIES.index(body) for body, _ in SKIN), points)

    before, after = places(Posture.standing()), places(bent(ranges))
    spans, longer = (jnp.linalg.norm(jnp.diff(line, axis=0), axis=1) for line in (before, after))
    along = jnp.concatenate([jnp.zeros(1), jnp.cumsum(spans)])
    junction = jnp.interp(_JUNCTION, jnp.arange(len(SKIN)), along)
    ends = jnp.stack([junction - BELOW, junction + ABOVE])
    moved = jnp.interp(ends, along, jnp.concatenate([jnp.zeros(1), jnp.cumsum(longer)]))
    return moved[1] - moved[0] - (BELOW + ABOVE)


def sit_and_reach(model: Model, ranges: Levels, hip_deg: Float[Array, ""]) -> Float[Array, ""]:
    """Sit and reach [m]: finger tips beyond the soles, knees straight, hips and spine as far as they go.

    `hip_deg` is the flexion that the hamstrings allow with straight knees; the arms reach for the toes.
    """
    seated = Posture.sagittal(0.0, 0.0, thigh_deg=90.0)
    levels = seated.levels.at[:, 2].add(-ranges * DEG)
    posture = replace(seated, levels=levels, pelvis=seated.pelvis.at[2].add((90.0 - hip_deg) * DEG))
    frames = place(model, Task(posture)).frames
    world = frames.world
    shoulder, ankle = (
        jnp.mean(place_, axis=0) @ world
        for place_ in (frames.origin[np.array(UPPER_ARMS)], at(frames, SHANKS, model.ankle))
    )
    drop = shoulder[1] - ankle[1]
    reach = jnp.sqrt(jnp.maximum(_arm(model) ** 2 - drop**2, 0.0))
    return shoulder[0] + reach - (ankle[0] + _SOLE)


def _arm(model: Model) -> Float[Array, ""]:
    """Shoulder to finger tips of a straight arm [m]."""
    grip = model.contacts.position[model.contacts.name.index("hand_r")]
    elbow = model.bodies.joint[BODIES.index("forearm_hand_r")]
    return jnp.linalg.norm(elbow) + jnp.linalg.norm(grip) + _FINGERS
