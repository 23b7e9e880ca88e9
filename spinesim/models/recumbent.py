"""Postures on the floor and on a bed."""

from typing import Any, TypeVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from spinesim._names import choose
from spinesim._numbers import Number, degrees
from spinesim._record import Record
from spinesim.models import rhythm
from spinesim.models import supports as on
from spinesim.models.anatomy import SIDES
from spinesim.models.posing import DEG, STANDING_TILT, Angle, about_z, sagittal_angles
from spinesim.models.supports import Supports

#: A kind of posture.
P = TypeVar("P", bound=Record)


class Recumbent(Record):
    """Postures on the floor and on a bed, by name; `Posture` holds what they are made of."""

    @classmethod
    def lying_supine(cls: type[P]) -> P:
        """On the back, legs straight, arms alongside; the chest 6 degrees up on its curved back."""
        return cls(**_lying(-84 * DEG, on.supine(), thighs=90 * DEG))

    @classmethod
    def lying_prone(cls: type[P]) -> P:
        """On the belly, legs straight, arms alongside."""
        return cls(**_lying(90 * DEG, on.prone(), thighs=-87.5 * DEG))

    @classmethod
    def prone_on_elbows(cls: type[P], trunk_extension_deg: Number = 12.0) -> P:
        """Prone with the chest raised on the elbows by `trunk_extension_deg` (0 to 45), arms forward.

        12 degrees take the lumbar spine halfway to the end of its measured extension (Pearcy et al. 1984), as
        in a rest that people keep for minutes [assumed]; 20 take it to the end.
        """
        extension = degrees("trunk_extension_deg", trunk_extension_deg, 0.0, 45.0)
        return cls(**sagittal_angles(
            90 * DEG - extension, -rhythm.lumbar_share(-extension) * extension, thighs=-87.5 * DEG,
            balance=(0.0, 0.0), supports=on.prone_on_elbows(),
            shoulder_flexion_deg=60.0, elbow_flexion_deg=40.0,
        ))  # fmt: skip

    @classmethod
    def lying_on_side(
        cls: type[P], side: str = "l", hip_flexion_deg: Number = 30.0, knee_flexion_deg: Number = 45.0
    ) -> P:
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
        turns = {
            "pelvis": straight,
            "femurs": jnp.stack([thigh, thigh]),
            "upper_arms": jnp.stack([straight, straight]),
        }
        return cls(**_lying(-90 * DEG, on.side_lying(side), knees=knee) | turns)

    @classmethod
    def quadruped(cls: type[P]) -> P:
        """On hands and knees, thighs and arms vertical, the back in its standing curve."""
        four = on.quadruped()
        return cls(**sagittal_angles(78 * DEG, 0.0, knees=90 * DEG, balance=(0.0, 0.0), supports=four))

    @classmethod
    def bridge(cls: type[P]) -> P:
        """On shoulder blades and feet, the pelvis lifted until the trunk is in line with the thighs."""
        slope = 24 * DEG
        lifted = sagittal_angles(
            -90 * DEG - slope, 0.0, thighs=90 * DEG + slope, knees=80 * DEG + slope, balance=(0.0, 0.0),
            supports=on.bridge(), shoulder_flexion_deg=90.0,
        )  # fmt: skip
        return cls(**lifted | {"head": about_z(jnp.asarray(-slope - 8 * DEG))})


def _lying(trunk: float, supports: Supports, thighs: Angle = 0.0, knees: Angle = 0.0) -> dict[str, Any]:
    """Lying with the arms alongside and the spine as tabulated, which was measured supine."""
    return sagittal_angles(
        trunk, STANDING_TILT, thighs=thighs, knees=knees, balance=(0.0, 0.0), supports=supports,
        shoulder_flexion_deg=-90.0 if trunk > 0 else 90.0,
    )  # fmt: skip
