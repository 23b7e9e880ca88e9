"""Postures: where the bones are turned and what holds them, built by name and by number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import pi
from typing import Unpack

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._names import choose
from spinesim._numbers import Number, Numbers, Pair, degrees, degrees_array, degrees_pair, number
from spinesim._record import Record, quantity
from spinesim.models import rhythm
from spinesim.models import supports as on
from spinesim.models.anatomy import LEVELS, SIDES
from spinesim.models.arms import Arms, inclined_arms
from spinesim.models.supports import Supports

DEG = pi / 180
#: Standing tilts the pelvis forward and extends the lumbar spine by as much: the weight above L4-L5
#: then lies over the disc and the sacral slope is 39 degrees.
STANDING_TILT = 3 * DEG

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

    supports: Supports
    pelvis: Float[Array, "3"] = quantity("rad", "axis")  # pelvis relative to world
    levels: Float[Array, "level 3"] = quantity("rad", "level", "axis")  # upper relative to lower
    head: Float[Array, "3"] = quantity("rad", "axis")  # head relative to thorax
    femurs: Float[Array, "side 3"] = quantity("rad", "side", "axis")  # femur relative to world
    knees: Float[Array, "side"] = quantity("rad", "side")  # flexion, 0 straight
    upper_arms: Float[Array, "side 3"] = quantity("rad", "side", "axis")  # relative to world
    elbows: Float[Array, "side"] = quantity("rad", "side")  # flexion, 0 straight
    balance: Float[Array, "2"] = quantity("1", "direction")  # sagittal, frontal: 1 lets legs lean

    @classmethod
    def from_degrees(
        cls,
        *,
        pelvis_deg: Numbers | None = None,
        levels_deg: Numbers | Mapping[str, Sequence[Number]] | None = None,
        head_deg: Numbers | None = None,
        femurs_deg: Numbers | None = None,
        knees_deg: Numbers | None = None,
        upper_arms_deg: Numbers | None = None,
        elbows_deg: Numbers | None = None,
        balance: Sequence[Number] = (1.0, 0.0),
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
            name: degrees_array(f"{name}_deg", value, getattr(stand, name).shape)
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
    def sagittal(
        cls,
        trunk_flexion_deg: Number = 0.0,
        lumbar_flexion_deg: Number = 0.0,
        thigh_deg: Pair = 0.0,
        knee_flexion_deg: Pair = 0.0,
        head_extension_deg: Number = 0.0,
        supports: Supports | None = None,
        balance: tuple[float, float] = (0.0, 0.0),
        **arms: Unpack[Arms],
    ) -> "Posture":
        """Any posture that is mirror-symmetric but for arms and legs, by its angles in the world.

        `trunk_flexion_deg` (-130 to 130) inclines the thorax forward from upright, so that 90 is prone and
        -90 supine; `lumbar_flexion_deg` (-30 to 60) counts from standing; `thigh_deg` (-130 to 240) lifts the
        thigh forward from hanging. Legs are one number for both or (right, left).
        """
        trunk = degrees("trunk_flexion_deg", trunk_flexion_deg, -130.0, 130.0)
        lumbar = degrees("lumbar_flexion_deg", lumbar_flexion_deg, -30.0, 60.0)
        posed = _sagittal(
            trunk, lumbar, thighs=degrees_pair("thigh_deg", thigh_deg, -130.0, 240.0),
            knees=degrees_pair("knee_flexion_deg", knee_flexion_deg, 0.0, 150.0),
            balance=balance, supports=supports, **arms,
        )  # fmt: skip
        return replace(posed, head=_about_z(degrees("head_extension_deg", head_extension_deg, -60.0, 60.0)))

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
        trunk = degrees("trunk_flexion_deg", trunk_flexion_deg, -30.0, 110.0)
        knees = degrees("knee_flexion_deg", knee_flexion_deg, 0.0, 140.0)
        share = rhythm.lumbar_share(trunk)
        if lumbar_share is not None:
            share = number("lumbar_share", lumbar_share, 0.0, 1.2)
        # Knees bend over feet that stay flat: the thigh goes forward and the shank back (0.3 to 0.7,
        # assumed), and the balance of the legs settles where the ankles end up.
        return _sagittal(trunk, share * trunk, thighs=0.7 * knees, knees=knees, **arms)

    @classmethod
    def extended(cls, trunk_extension_deg: Number = 15.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the trunk leant backward by `trunk_extension_deg` (0 to 30)."""
        trunk = -degrees("trunk_extension_deg", trunk_extension_deg, 0.0, 30.0)
        return _sagittal(trunk, rhythm.lumbar_share(trunk) * trunk, **arms)

    @classmethod
    def bent(cls, side_bend_deg: Number = 20.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the thorax bent to the right (negative: left) over a level pelvis, -35 to 35."""
        bending = degrees("side_bend_deg", side_bend_deg, -35.0, 35.0)
        return _sagittal(0.0, 0.0, bending=bending, balance=(1.0, 1.0), **arms)

    @classmethod
    def twisted(cls, rotation_deg: Number = 10.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the thorax turned to the left (negative: right) over the pelvis, -20 to 20.

        The lumbar spine alone turns about 11 degrees a side (White and Panjabi 1990).
        """
        rotation = degrees("rotation_deg", rotation_deg, -20.0, 20.0)
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
        thighs = raised * degrees("hip_flexion_deg", hip_flexion_deg, -20.0, 120.0)
        knees = raised * degrees("knee_flexion_deg", knee_flexion_deg, 0.0, 140.0)
        return _sagittal(
            0.0, 0.0, thighs=thighs, knees=knees, balance=(1.0, 1.0), supports=on.one_foot(stance), **arms
        )

    @classmethod
    def sitting(
        cls, trunk_flexion_deg: Number = 0.0, lumbar_flexion_deg: Number = 8.0, **arms: Unpack[Arms]
    ) -> "Posture":
        """Sitting actively erect without a back rest, thighs level and shanks vertical.

        `trunk_flexion_deg` (-60 to 90) inclines the thorax; `lumbar_flexion_deg` (-20 to 60) is the
        lordosis lost against standing, for which the pelvis rolls backward.
        """
        trunk = degrees("trunk_flexion_deg", trunk_flexion_deg, -60.0, 90.0)
        return _seated(trunk, lumbar_flexion_deg, on.seat(), **arms)

    @classmethod
    def sitting_relaxed(cls, trunk_flexion_deg: Number = 5.0, **arms: Unpack[Arms]) -> "Posture":
        """Sitting relaxed without a back rest: lordosis about 0.65 of standing (Lord et al. 1997)."""
        return cls.sitting(trunk_flexion_deg, 17.0, **arms)

    @classmethod
    def sitting_forward(
        cls, trunk_flexion_deg: Number = 50.0, lumbar_flexion_deg: Number = 35.0
    ) -> "Posture":
        """Sitting bent forward (0 to 90) with a round back and the elbows on the thighs.

        At 50 degrees the elbows come to lie on the thighs; held up by them, the back hangs at two thirds
        (assumed) of the 52 degrees it can flex (Pearcy et al. 1984).
        """
        trunk = degrees("trunk_flexion_deg", trunk_flexion_deg, 0.0, 90.0)
        arms = Arms(shoulder_flexion_deg=10.0, elbow_flexion_deg=80.0)
        return _seated(trunk, lumbar_flexion_deg, on.seat_with_elbows(), **arms)

    @classmethod
    def leaning_back(
        cls, recline_deg: Number = 25.0, lumbar_flexion_deg: Number = 17.0, **arms: Unpack[Arms]
    ) -> "Posture":
        """Sitting against a back rest inclined backward by `recline_deg` (0 to 60)."""
        recline = degrees("recline_deg", recline_deg, 0.0, 60.0)
        return _seated(-recline, lumbar_flexion_deg, on.seat_with_back(recline), **arms)

    @classmethod
    def slouched(
        cls, recline_deg: Number = 20.0, lumbar_flexion_deg: Number = 25.0, **arms: Unpack[Arms]
    ) -> "Posture":
        """Slid forward on the seat, the flattened back hanging against a back rest.

        Slid forward by 0.1 m under shoulder blades 0.45 m above the seat, the chest leans 12 degrees
        further back than an ordinary back rest of 8; the pelvis rolls back by 45 degrees (assumed).
        """
        return cls.leaning_back(recline_deg, lumbar_flexion_deg, **arms)

    @classmethod
    def lying_supine(cls) -> "Posture":
        """On the back, legs straight, arms alongside; the chest 6 degrees up on its curved back."""
        return _lying(-84 * DEG, on.supine(), thighs=90 * DEG)

    @classmethod
    def lying_prone(cls) -> "Posture":
        """On the belly, legs straight, arms alongside."""
        return _lying(90 * DEG, on.prone(), thighs=-87.5 * DEG)

    @classmethod
    def prone_on_elbows(cls, trunk_extension_deg: Number = 12.0) -> "Posture":
        """Prone with the chest raised on the elbows by `trunk_extension_deg` (0 to 45), arms forward.

        12 degrees take the lumbar spine halfway to the end of its measured extension (Pearcy et al. 1984), as
        in a rest that people keep for minutes [assumed]; 20 take it to the end.
        """
        extension = degrees("trunk_extension_deg", trunk_extension_deg, 0.0, 45.0)
        return _sagittal(
            90 * DEG - extension, -rhythm.lumbar_share(-extension) * extension, thighs=-87.5 * DEG,
            balance=(0.0, 0.0), supports=on.prone_on_elbows(),
            shoulder_flexion_deg=60.0, elbow_flexion_deg=40.0,
        )  # fmt: skip

    @classmethod
    def lying_on_side(
        cls, side: str = "l", hip_flexion_deg: Number = 30.0, knee_flexion_deg: Number = 45.0
    ) -> "Posture":
        """On one side, hips and knees bent, a pillow between the knees and one under the head.

        A quarter turn r of someone supine about the long axis: Rz(90) Rx(r hip) Ry(r 90), free of
        gimbal lock; trunk and thighs slope as the shoulder is broader than the hip and the knee.
        """
        hip = degrees("hip_flexion_deg", hip_flexion_deg, 0.0, 110.0)
        knee = degrees("knee_flexion_deg", knee_flexion_deg, 0.0, 140.0)
        roll = 1.0 if choose("side", side, SIDES) == "l" else -1.0

        def turned(flexion: Angle, slope: float) -> Float[Array, "3"]:
            return jnp.stack([roll * flexion, jnp.asarray(roll * 90 * DEG), jnp.asarray(90 * DEG - slope)])

        straight, thigh = turned(jnp.zeros(()), 5.5 * DEG), turned(hip, 4 * DEG)
        return replace(
            _lying(-90 * DEG, on.side_lying(side), knees=knee),
            pelvis=straight,
            femurs=jnp.stack([thigh, thigh]),
            upper_arms=jnp.stack([straight, straight]),
        )

    @classmethod
    def quadruped(cls) -> "Posture":
        """On hands and knees, thighs and arms vertical, the back in its standing curve."""
        return _sagittal(78 * DEG, 0.0, knees=90 * DEG, balance=(0.0, 0.0), supports=on.quadruped())

    @classmethod
    def bridge(cls) -> "Posture":
        """On shoulder blades and feet, the pelvis lifted until the trunk is in line with the thighs."""
        slope = 24 * DEG
        lifted = _sagittal(
            -90 * DEG - slope, 0.0, thighs=90 * DEG + slope, knees=80 * DEG + slope, balance=(0.0, 0.0),
            supports=on.bridge(), shoulder_flexion_deg=90.0,
        )  # fmt: skip
        return replace(lifted, head=_about_z(jnp.asarray(-slope - 8 * DEG)))


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
    given = (trunk, lumbar, bending, rotation)
    trunk, lumbar, bending, rotation = (jnp.asarray(angle, dtype=float) for angle in given)
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


def _seated(
    trunk: Float[Array, ""], lumbar_flexion_deg: Number, supports: Supports, **arms: Unpack[Arms]
) -> Posture:
    """Thighs level and shanks vertical, the thorax inclined forward by `trunk` [rad]."""
    lumbar = degrees("lumbar_flexion_deg", lumbar_flexion_deg, -20.0, 60.0)
    return _sagittal(
        trunk, lumbar, thighs=90 * DEG, knees=90 * DEG, balance=(0.0, 0.0), supports=supports, **arms
    )


def _lying(trunk: float, supports: Supports, thighs: Angle = 0.0, knees: Angle = 0.0) -> Posture:
    """Lying with the arms alongside and the spine as tabulated, which was measured supine."""
    return _sagittal(
        trunk, STANDING_TILT, thighs=thighs, knees=knees, balance=(0.0, 0.0), supports=supports,
        shoulder_flexion_deg=-90.0 if trunk > 0 else 90.0,
    )  # fmt: skip


def _about_z(angle: Float[Array, ""]) -> Float[Array, "3"]:
    return jnp.zeros(3).at[2].set(angle)


def _both(angle: Angles) -> Float[Array, "side"]:
    return jnp.broadcast_to(jnp.asarray(angle, dtype=float), (2,))
