"""Arms: where the hands are, by name or by number."""

from typing import TypedDict

from jaxtyping import Array, Float

from spinesim._names import choose
from spinesim._numbers import Pair, degrees_pair

#: Shoulder and elbow flexion [degrees], and 1 where the arms turn with the thorax instead of hanging.
HANDS = {"hanging": (0.0, 0.0, 0.0), "close": (-10.0, 95.0, 1.0), "far": (60.0, 30.0, 0.0)}


class Arms(TypedDict, total=False):
    """Where the hands are: by name, or by number for both sides or (right, left).

    `hands`: "hanging" straight down, "close" with the load against the trunk (about 0.27 m ahead of
    L4-L5), "far" held out in front (about 0.55 m ahead). The numbers override the name; the shoulder
    counts forward from the vertical of the world, the elbow from the straight arm.
    """

    hands: str
    shoulder_flexion_deg: Pair
    elbow_flexion_deg: Pair


def inclined_arms(
    trunk: Float[Array, ""],
    hands: str = "hanging",
    shoulder_flexion_deg: Pair | None = None,
    elbow_flexion_deg: Pair | None = None,
) -> tuple[Float[Array, "side"], Float[Array, "side"]]:
    """Inclination of the upper arms in the world and flexion of the elbows [rad]."""
    shoulder, elbow, follow = HANDS[choose("place of the hands", hands, HANDS)]
    raised = degrees_pair("shoulder_flexion_deg", shoulder, -90.0, 180.0) - follow * trunk
    if shoulder_flexion_deg is not None:
        raised = degrees_pair("shoulder_flexion_deg", shoulder_flexion_deg, -90.0, 180.0)
    bend = elbow if elbow_flexion_deg is None else elbow_flexion_deg
    return raised, degrees_pair("elbow_flexion_deg", bend, 0.0, 150.0)
