"""Postures on a seat."""

from typing import Any, TypeVar, Unpack

from jaxtyping import Array, Float

from spinesim._numbers import Number, degrees
from spinesim._record import Record
from spinesim.models import supports as on
from spinesim.models.arms import Arms
from spinesim.models.posing import DEG, sagittal_angles
from spinesim.models.supports import Supports

#: A kind of posture.
P = TypeVar("P", bound=Record)


class Seated(Record):
    """Postures on a seat, by name; `Posture` holds what they are made of."""

    @classmethod
    def sitting(
        cls: type[P], trunk_flexion_deg: Number = 0.0, lumbar_flexion_deg: Number = 8.0, **arms: Unpack[Arms]
    ) -> P:
        """Sitting actively erect without a back rest, thighs level and shanks vertical.

        `trunk_flexion_deg` (-60 to 90) inclines the thorax; `lumbar_flexion_deg` (-20 to 60) is the
        lordosis lost against standing, for which the pelvis rolls backward.
        """
        trunk = degrees("trunk_flexion_deg", trunk_flexion_deg, -60.0, 90.0)
        return cls(**_seated(trunk, lumbar_flexion_deg, on.seat(), **arms))

    @classmethod
    def sitting_relaxed(cls: type[P], trunk_flexion_deg: Number = 5.0, **arms: Unpack[Arms]) -> P:
        """Sitting relaxed without a back rest: lordosis about 0.65 of standing (Lord et al. 1997)."""
        trunk = degrees("trunk_flexion_deg", trunk_flexion_deg, -60.0, 90.0)
        return cls(**_seated(trunk, 17.0, on.seat(), **arms))

    @classmethod
    def sitting_forward(
        cls: type[P], trunk_flexion_deg: Number = 50.0, lumbar_flexion_deg: Number = 35.0
    ) -> P:
        """Sitting bent forward (0 to 90) with a round back and the elbows on the thighs.

        At 50 degrees the elbows come to lie on the thighs; held up by them, the back hangs at two thirds
        (assumed) of the 52 degrees it can flex (Pearcy et al. 1984).
        """
        trunk = degrees("trunk_flexion_deg", trunk_flexion_deg, 0.0, 90.0)
        arms = Arms(shoulder_flexion_deg=10.0, elbow_flexion_deg=80.0)
        return cls(**_seated(trunk, lumbar_flexion_deg, on.seat_with_elbows(), **arms))

    @classmethod
    def leaning_back(
        cls: type[P], recline_deg: Number = 25.0, lumbar_flexion_deg: Number = 17.0, **arms: Unpack[Arms]
    ) -> P:
        """Sitting against a back rest inclined backward by `recline_deg` (0 to 60)."""
        return cls(**_reclined(recline_deg, lumbar_flexion_deg, **arms))

    @classmethod
    def slouched(
        cls: type[P], recline_deg: Number = 20.0, lumbar_flexion_deg: Number = 25.0, **arms: Unpack[Arms]
    ) -> P:
        """Slid forward on the seat, the flattened back hanging against a back rest.

        Slid forward by 0.1 m under shoulder blades 0.45 m above the seat, the chest leans 12 degrees
        further back than an ordinary back rest of 8; the pelvis rolls back by 45 degrees (assumed).
        """
        return cls(**_reclined(recline_deg, lumbar_flexion_deg, **arms))


def _seated(
    trunk: Float[Array, ""], lumbar_flexion_deg: Number, supports: Supports, **arms: Unpack[Arms]
) -> dict[str, Any]:
    """Thighs level and shanks vertical, the thorax inclined forward by `trunk` [rad]."""
    lumbar = degrees("lumbar_flexion_deg", lumbar_flexion_deg, -20.0, 60.0)
    return sagittal_angles(
        trunk, lumbar, thighs=90 * DEG, knees=90 * DEG, balance=(0.0, 0.0), supports=supports, **arms
    )


def _reclined(recline_deg: Number, lumbar_flexion_deg: Number, **arms: Unpack[Arms]) -> dict[str, Any]:
    """Seated against a back rest."""
    recline = degrees("recline_deg", recline_deg, 0.0, 60.0)
    return _seated(-recline, lumbar_flexion_deg, on.seat_with_back(recline), **arms)
