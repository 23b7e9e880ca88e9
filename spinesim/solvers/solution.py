"""How a solve ended, in words."""

from typing import Any

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int

from spinesim._record import Record, quantity


class Status(eqx.Enumeration):
    """End of a solve; the sentence says what to change."""

    converged = ""
    overloaded = "No muscle forces balance this load: lower it, strengthen the body or free a coordinate."
    unbalanced = "The supports cannot hold this posture: move or add a support, or change the posture."
    out_of_steps = "The solve ran out of steps: raise `max_steps` or start from a nearer posture."
    nonfinite = "A number in the model or the task is not finite or far out of range."


class Stats(Record):
    """What a person reads about a solve."""

    steps: Int[Array, ""] = quantity("1")
    residual_force: Float[Array, ""] = quantity("N")  # largest unbalanced force
    residual_moment: Float[Array, ""] = quantity("N m")  # largest unbalanced moment


def pick(status: Any, when: Bool[Array, ""], otherwise: Any) -> Any:
    """`status` where `when` holds, else `otherwise`."""
    return Status.where(when, status, otherwise)
