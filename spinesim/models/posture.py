"""Postures: where the bones are turned, by name and by number."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import pi
from typing import Any, Unpack

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real

from spinesim._names import choose
from spinesim._numbers import Number, degrees, number
from spinesim._record import Record, quantity
from spinesim.models import rhythm
from spinesim.models import supports as on
from spinesim.models.anatomy import LEVELS, SIDES
from spinesim.models.arms import Arms, inclined_arms
from spinesim.models.supports import Supports

#: Standing tilts the pelvis forward and extends the lumbar spine by as much: the weight above L4-L5
#: then lies over the disc and the sacral slope is 39 degrees.
STANDING_TILT = 3 * pi / 180

Angle = float | Float[Array, ""]
Angles = Angle | Float[Array, "side"]


class Posture(Record):
    """Where the bones are turned and what holds them; the translations of the discs are solved for.

    All angles in radians, relative to the world (y up) or to the parent body, in the joint convention
    of `se3.joint_rotation`: (bending to the right x, rotation to the left y, extension z).

    Where `balance` is 1 the standing legs lean about the ankles until the weight is over the feet
    (see `stance.body_frames`). Every number of a named posture carries its unit, may be a JAX tracer,
    and leaves the structure of the pytree as it is, so that postures stack.
    """

    pelvis: Float[Array, "3"] = quantity("rad", "axis")  # pelvis relative to world
    levels: Float[Array, "level 3"] = quantity("rad", "level", "axis")  # upper relative to lower
    head: Float[Array, "3"] = quantity("rad", "axis")  # head relative to thorax
    femurs: Float[Array, "side 3"] = quantity("rad", "side", "axis")  # femur relative to world
    knees: Float[Array, "side"] = quantity("rad", "side")  # flexion, 0 straight
    upper_arms: Float[Array, "side 3"] = quantity("rad", "side", "axis")  # relative to world
    elbows: Float[Array, "side"] = quantity("rad", "side")  # flexion, 0 straight
    balance: Float[Array, "2"] = quantity("1", "direction")  # sagittal, frontal: 1 lets legs lean
    supports: Supports

    @classmethod
    def from_degrees(
        cls,
        *,
        pelvis_deg: Real[ArrayLike, "3"] | tuple[float, ...] | None = None,
        levels_deg: Real[ArrayLike, "level 3"] | Mapping[str, tuple[float, ...]] | None = None,
        head_deg: Real[ArrayLike, "3"] | tuple[float, ...] | None = None,
        femurs_deg: Real[ArrayLike, "side 3"] | tuple[tuple[float, ...], ...] | None = None,
        knees_deg: Real[ArrayLike, "side"] | tuple[float, ...] | None = None,
        upper_arms_deg: Real[ArrayLike, "side 3"] | tuple[tuple[float, ...], ...] | None = None,
        elbows_deg: Real[ArrayLike, "side"] | tuple[float, ...] | None = None,
        balance: tuple[float, float] = (1.0, 0.0),
        supports: Supports | None = None,
    ) -> "Posture":
        """Fully by number, in the axes and order of the fields; what is left out stays as in standing.

        `levels_deg` may name single levels, as in {"L4L5": (0, 0, -10)}; the others are then neutral.
        """
        stand = cls.standing()
        if isinstance(levels_deg, Mapping):
            turned = {choose("level", level, LEVELS): angles for level, angles in levels_deg.items()}
            levels_deg = jnp.array([turned.get(level, (0.0, 0.0, 0.0)) for level in LEVELS])
        given = {
            "pelvis": pelvis_deg, "levels": levels_deg, "head": head_deg, "femurs": femurs_deg,
            "knees": knees_deg, "upper_arms": upper_arms_deg, "elbows": elbows_deg,
        }  # fmt: skip
        angles = {
            name: _angles(f"{name}_deg", value, getattr(stand, name).shape)
            for name, value in given.items()
            if value is not None
        }
        return replace(
            stand,
            balance=jnp.asarray(balance, dtype=float),
            supports=stand.supports if supports is None else supports,
            **angles,
        )

    @classmethod
    def standing(cls, **arms: Unpack[Arms]) -> "Posture":
        """Upright on two feet."""
        return _sagittal(0.0, 0.0, **arms)

    @classmethod
    def flexed(
        cls,
        trunk_flexion_deg: Number = 30.0,
        lumbar_share: Number | None = None,
        knee_flexion_deg: Number = 0.0,
        **arms: Unpack[Arms],
    ) -> "Posture":
        """Standing, the trunk inclined forward by `trunk_flexion_deg` (-30 to 110, negative backward).

        `lumbar_share` is the part of it that the lumbar spine takes and not the pelvis (0 to 1.2); by
        default the lumbopelvic rhythm of healthy men.
        """
        trunk = degrees("trunk_flexion_deg", trunk_flexion_deg, -30, 110)
        knees = degrees("knee_flexion_deg", knee_flexion_deg, 0, 140)
        share = rhythm.lumbar_share(trunk) if lumbar_share is None else _share(lumbar_share)
        # Knees bend over feet that stay flat: the thigh goes forward and the shank back (0.3 to 0.7,
        # assumed), and the balance of the legs settles where the ankles end up.
        return _sagittal(trunk, share * trunk, thighs=0.7 * knees, knees=knees, **arms)

    @classmethod
    def extended(cls, trunk_extension_deg: Number = 15.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the trunk leant backward by `trunk_extension_deg` (0 to 30)."""
        trunk = -degrees("trunk_extension_deg", trunk_extension_deg, 0, 30)
        return _sagittal(trunk, rhythm.lumbar_share(trunk) * trunk, **arms)

    @classmethod
    def bent(cls, side_bend_deg: Number = 20.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the thorax bent to the right (negative: left) over a level pelvis, -35 to 35."""
        bending = degrees("side_bend_deg", side_bend_deg, -35, 35)
        return _sagittal(0.0, 0.0, bending=bending, balance=(1.0, 1.0), **arms)

    @classmethod
    def twisted(cls, rotation_deg: Number = 10.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the thorax turned to the left (negative: right) over the pelvis, -20 to 20.

        The lumbar spine alone turns about 11 degrees a side (White and Panjabi 1990).
        """
        rotation = degrees("rotation_deg", rotation_deg, -20, 20)
        return _sagittal(0.0, 0.0, rotation=rotation, **arms)

    @classmethod
    def stoop(cls, trunk_flexion_deg: Number = 70.0, **arms: Unpack[Arms]) -> "Posture":
        """Bent forward over straight knees with a round back, as people lift without thinking."""
        return cls.flexed(trunk_flexion_deg, **arms)

    @classmethod
    def squat(
        cls,
        knee_flexion_deg: Number = 90.0,
        trunk_flexion_deg: Number = 40.0,
        lumbar_share: Number = 0.4,
        **arms: Unpack[Arms],
    ) -> "Posture":
        """Knees bent and the back held flat: the pelvis takes most of the inclination."""
        return cls.flexed(trunk_flexion_deg, lumbar_share, knee_flexion_deg, **arms)

    @classmethod
    def single_leg(
        cls,
        stance: str = "r",
        hip_flexion_deg: Number = 30.0,
        knee_flexion_deg: Number = 60.0,
        **arms: Unpack[Arms],
    ) -> "Posture":
        """Upright on the `stance` leg with a level pelvis; the other hip and knee are bent."""
        raised = jnp.array([float(side != choose("side", stance, SIDES)) for side in SIDES])
        thighs = raised * degrees("hip_flexion_deg", hip_flexion_deg, -20, 120)
        knees = raised * degrees("knee_flexion_deg", knee_flexion_deg, 0, 140)
        return _sagittal(
            0.0, 0.0, thighs=thighs, knees=knees, balance=(1.0, 1.0), supports=on.one_foot(stance), **arms
        )

    @classmethod
    def sitting(
        cls,
        trunk_flexion_deg: Number = 0.0,
        lumbar_flexion_deg: Number = 8.0,
        **arms: Unpack[Arms],
    ) -> "Posture":
        """Sitting actively erect without a back rest, thighs level and shanks vertical.

        `lumbar_flexion_deg` is the lordosis lost against standing (-20 to 60), for which the pelvis
        rolls backward.
        """
        return _seated(trunk_flexion_deg, lumbar_flexion_deg, on.seat(), **arms)

    @classmethod
    def sitting_relaxed(cls, trunk_flexion_deg: Number = 5.0, **arms: Unpack[Arms]) -> "Posture":
        """Sitting relaxed without a back rest: lordosis 0.65 of standing (Lord et al. 1997)."""
        return _seated(trunk_flexion_deg, 17.0, on.seat(), **arms)

    @classmethod
    def slouched(
        cls, recline_deg: Number = 20.0, lumbar_flexion_deg: Number = 40.0, **arms: Unpack[Arms]
    ) -> "Posture":
        """Slid forward on the seat, the flattened back hanging against a back rest."""
        return cls.leaning_back(recline_deg, lumbar_flexion_deg, **arms)

    @classmethod
    def leaning_back(
        cls, recline_deg: Number = 25.0, lumbar_flexion_deg: Number = 17.0, **arms: Unpack[Arms]
    ) -> "Posture":
        """Sitting against a back rest inclined backward by `recline_deg` (0 to 60)."""
        recline = degrees("recline_deg", recline_deg, 0, 60)
        support = on.seat_with_back(recline)
        return _seated(-recline * (180 / pi), lumbar_flexion_deg, support, **arms)

    @classmethod
    def sitting_forward(
        cls, trunk_flexion_deg: Number = 45.0, lumbar_flexion_deg: Number = 40.0
    ) -> "Posture":
        """Sitting bent forward with the elbows on the thighs."""
        arms = Arms(shoulder_flexion_deg=10.0, elbow_flexion_deg=80.0)
        return _seated(trunk_flexion_deg, lumbar_flexion_deg, on.seat_with_elbows(), **arms)

    @classmethod
    def lying_supine(cls) -> "Posture":
        """Flat on the back, arms alongside."""
        return _flat(-90.0, on.supine())

    @classmethod
    def lying_prone(cls) -> "Posture":
        """Flat on the belly, arms alongside."""
        return _flat(90.0, on.prone())

    @classmethod
    def prone_on_elbows(cls, lumbar_extension_deg: Number = 20.0) -> "Posture":
        """Prone with the chest raised on the elbows, the lumbar spine extended from standing."""
        extension = degrees("lumbar_extension_deg", lumbar_extension_deg, 0, 40)
        arms = Arms(shoulder_flexion_deg=10.0, elbow_flexion_deg=80.0)
        return _sagittal(
            pi / 2 - extension, -extension, thighs=-pi / 2, balance=(0.0, 0.0),
            supports=on.prone_on_elbows(), **arms,
        )  # fmt: skip

    @classmethod
    def lying_on_side(
        cls, side: str = "l", hip_flexion_deg: Number = 30.0, knee_flexion_deg: Number = 45.0
    ) -> "Posture":
        """Lying on one side, hips and knees bent, the spine straight."""
        hips = degrees("hip_flexion_deg", hip_flexion_deg, 0, 110)
        knees = degrees("knee_flexion_deg", knee_flexion_deg, 0, 140)
        flat = _flat(-90.0, on.side_lying(side), hips, knees)
        roll = 1.0 if side == "l" else -1.0
        return replace(
            flat,
            pelvis=_rolled(flat.pelvis, roll),
            femurs=jax.vmap(_rolled, in_axes=(0, None))(flat.femurs, roll),
            upper_arms=jax.vmap(_rolled, in_axes=(0, None))(flat.upper_arms, roll),
        )

    @classmethod
    def quadruped(cls) -> "Posture":
        """On hands and knees, thighs and arms vertical, the trunk level."""
        return _sagittal(pi / 2, 0.0, knees=pi / 2, balance=(0.0, 0.0), supports=on.quadruped())

    @classmethod
    def bridge(cls) -> "Posture":
        """On shoulder blades and feet, the pelvis lifted until the trunk is in line with the thighs."""
        return _sagittal(
            -120 * pi / 180, 0.0, thighs=120 * pi / 180, knees=110 * pi / 180, balance=(0.0, 0.0),
            supports=on.bridge(), shoulder_flexion_deg=90.0,
        )  # fmt: skip


def _sagittal(
    trunk: Angle,
    lumbar: Angle,
    *,
    bending: Angle = 0.0,
    rotation: Angle = 0.0,
    thighs: Angles = 0.0,
    knees: Angles = 0.0,
    balance: tuple[float, float] = (1.0, 0.0),
    supports: Supports | None = None,
    **arms: Unpack[Arms],
) -> Posture:
    """Thorax inclined forward by `trunk`, `lumbar` of it by flexion counted from standing [rad]."""
    trunk, lumbar, bending, rotation = (jnp.asarray(a, dtype=float) for a in (trunk, lumbar, bending, rotation))
    upper_arms, elbows = inclined_arms(trunk, **arms)
    return Posture(
        pelvis=_about_z(lumbar - trunk - STANDING_TILT),
        levels=rhythm.spread(lumbar - STANDING_TILT, bending, rotation),
        head=jnp.zeros(3),
        femurs=jax.vmap(_about_z)(_both(thighs)),
        knees=_both(knees),
        upper_arms=jax.vmap(_about_z)(upper_arms),
        elbows=elbows,
        balance=jnp.asarray(balance, dtype=float),
        supports=on.two_feet() if supports is None else supports,
    )


def _seated(trunk_deg: Number, lumbar_deg: Number, supports: Supports, **arms: Unpack[Arms]) -> Posture:
    """Thighs level, shanks vertical, the thorax inclined forward and the lordosis lost in degrees."""
    trunk = degrees("trunk_flexion_deg", trunk_deg, -60, 90)
    lumbar = degrees("lumbar_flexion_deg", lumbar_deg, -20, 60)
    return _sagittal(
        trunk, lumbar, thighs=pi / 2, knees=pi / 2, balance=(0.0, 0.0), supports=supports, **arms
    )


def _flat(trunk_deg: float, supports: Supports, hips: Angle = 0.0, knees: Angle = 0.0) -> Posture:
    """Lying straight, on the back (-90) or the belly (90), the spine as tabulated (measured supine)."""
    trunk = trunk_deg * pi / 180
    return _sagittal(
        trunk, STANDING_TILT, thighs=hips - trunk, knees=knees, balance=(0.0, 0.0), supports=supports,
        shoulder_flexion_deg=-trunk_deg,
    )  # fmt: skip


def _rolled(supine: Float[Array, "3"], roll: float) -> Float[Array, "3"]:
    """Angles of a bone lying supine after a quarter turn of the body about its long axis.

    Rz(90) Rz(a) becomes Rz(90) Ry(90 roll) Rz(a) = Rz(90) Rx(a roll) Ry(90 roll): no gimbal lock.
    """
    return jnp.stack([roll * (supine[2] - pi / 2), jnp.asarray(roll * pi / 2), jnp.asarray(pi / 2)])


def _about_z(angle: Float[Array, ""]) -> Float[Array, "3"]:
    return jnp.zeros(3).at[2].set(angle)


def _both(angle: Angles) -> Float[Array, "side"]:
    return jnp.broadcast_to(jnp.asarray(angle, dtype=float), (2,))


def _share(value: Number) -> Float[Array, ""]:
    return number("lumbar_share", value, 0.0, 1.2)


def _angles(name: str, value: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Angles given in degrees in radians, refused where their shape or a NaN is visible."""
    array = jnp.asarray(value, dtype=float)
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, not {array.shape}")
    if not isinstance(array, jax.core.Tracer) and not bool(jnp.all(jnp.isfinite(array))):
        raise ValueError(f"{name} must be finite")
    return array * (pi / 180)


POSTURES: dict[str, Callable[..., Posture]] = {
    name: getattr(Posture, name)
    for name in (
        "standing", "flexed", "extended", "bent", "twisted", "stoop", "squat", "single_leg",
        "sitting", "sitting_relaxed", "slouched", "leaning_back", "sitting_forward",
        "lying_supine", "lying_prone", "prone_on_elbows", "lying_on_side", "quadruped", "bridge",
    )
}  # fmt: skip


def numbers_of(name: str) -> tuple[str, ...]:
    """Keywords that the posture `name` takes."""
    parameters = inspect.signature(POSTURES[choose("posture", name, POSTURES)]).parameters
    own = tuple(key for key, value in parameters.items() if value.kind is not value.VAR_KEYWORD)
    return own if len(own) == len(parameters) else (*own, *Arms.__annotations__)


def posture(name: str, **numbers: Any) -> Posture:
    """A posture by name, its numbers by keyword."""
    valid = numbers_of(name)
    return POSTURES[name](**{choose(f"number of posture {name!r}", key, valid): numbers[key] for key in numbers})
