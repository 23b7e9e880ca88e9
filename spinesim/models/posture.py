"""Postures: where the bones are turned and what holds them, built by name and by number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._names import choose
from spinesim._numbers import Number, Numbers, Pair, degrees, degrees_array, degrees_pair, number
from spinesim._record import quantity
from spinesim.models import rhythm
from spinesim.models import supports as on
from spinesim.models.anatomy import LEVELS, SIDES
from spinesim.models.arms import Arms
from spinesim.models.posing import about_z, sagittal_angles
from spinesim.models.recumbent import Recumbent
from spinesim.models.seated import Seated
from spinesim.models.supports import Supports


class Posture(Seated, Recumbent):
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
        posed = cls(**sagittal_angles(
            trunk, lumbar, thighs=degrees_pair("thigh_deg", thigh_deg, -130.0, 240.0),
            knees=degrees_pair("knee_flexion_deg", knee_flexion_deg, 0.0, 150.0),
            balance=balance, supports=supports, **arms,
        ))  # fmt: skip
        return replace(posed, head=about_z(degrees("head_extension_deg", head_extension_deg, -60.0, 60.0)))

    @classmethod
    def standing(cls, **arms: Unpack[Arms]) -> "Posture":
        """Upright on two feet."""
        return cls(**sagittal_angles(0.0, 0.0, **arms))

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
        return cls(**sagittal_angles(trunk, share * trunk, thighs=0.7 * knees, knees=knees, **arms))

    @classmethod
    def extended(cls, trunk_extension_deg: Number = 15.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the trunk leant backward by `trunk_extension_deg` (0 to 30)."""
        trunk = -degrees("trunk_extension_deg", trunk_extension_deg, 0.0, 30.0)
        return cls(**sagittal_angles(trunk, rhythm.lumbar_share(trunk) * trunk, **arms))

    @classmethod
    def bent(cls, side_bend_deg: Number = 20.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the thorax bent to the right (negative: left) over a level pelvis, -35 to 35."""
        bending = degrees("side_bend_deg", side_bend_deg, -35.0, 35.0)
        return cls(**sagittal_angles(0.0, 0.0, bending=bending, balance=(1.0, 1.0), **arms))

    @classmethod
    def twisted(cls, rotation_deg: Number = 10.0, **arms: Unpack[Arms]) -> "Posture":
        """Standing, the thorax turned to the left (negative: right) over the pelvis, -20 to 20.

        The lumbar spine alone turns about 11 degrees a side (White and Panjabi 1990).
        """
        rotation = degrees("rotation_deg", rotation_deg, -20.0, 20.0)
        return cls(**sagittal_angles(0.0, 0.0, rotation=rotation, **arms))

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
        return cls(
            **sagittal_angles(
                0.0, 0.0, thighs=thighs, knees=knees, balance=(1.0, 1.0), supports=on.one_foot(stance), **arms
            )
        )
