"""How a solve ended, in words."""

import equinox as eqx
from jaxtyping import Array, Float, Int

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

    steps: Int[Array, ""] = quantity("1")  # trials of the Newton solve
    inner_steps: Int[Array, ""] = quantity("1")  # trials that settled the multipliers, in total
    residual_force: Float[Array, ""] = quantity("N")  # largest unbalanced force
    residual_moment: Float[Array, ""] = quantity("N m")  # largest unbalanced moment
