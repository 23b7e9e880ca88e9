"""Postures by name: what a command line or a study file asks for."""

import inspect
from collections.abc import Callable
from typing import Any

from spinesim._names import choose
from spinesim.models.arms import Arms
from spinesim.models.posture import Posture

POSTURES: dict[str, Callable[..., Posture]] = {
    name: getattr(Posture, name)
    for name in (
        "standing", "flexed", "extended", "bent", "twisted", "stoop", "squat", "single_leg",
        "sitting", "sitting_relaxed", "sitting_forward", "leaning_back", "slouched",
        "lying_supine", "lying_prone", "prone_on_elbows", "lying_on_side", "quadruped", "bridge",
    )
}  # fmt: skip


def numbers_of(name: str) -> tuple[str, ...]:
    """Keywords that the posture `name` takes."""
    parameters = inspect.signature(POSTURES[choose("posture", name, POSTURES)]).parameters
    own = tuple(key for key, value in parameters.items() if value.kind is not value.VAR_KEYWORD)
    return own if len(own) == len(parameters) else (*own, *Arms.__annotations__)


def posture(name: str, **numbers: Any) -> Posture:
    """A posture by name, its numbers by keyword, as in `posture("flexed", trunk_flexion_deg=30)`."""
    for key in numbers:
        choose(f"number for posture {name!r}", key, numbers_of(name))
    return POSTURES[choose("posture", name, POSTURES)](**numbers)
