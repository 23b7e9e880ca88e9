"""How a solve ended, in words, and results that show themselves."""

from abc import abstractmethod
from typing import TYPE_CHECKING

import equinox as eqx
from jaxtyping import Array, Float, Int

from spinesim._record import Record, is_concrete, quantity

if TYPE_CHECKING:
    from xarray import Dataset


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


class Shown(Record):
    """A result that prints as tables, in a terminal and in a notebook."""

    @abstractmethod
    def described(self) -> "Dataset":
        """The dataset of a result whose model is not at hand: fascicles go without names."""

    def __repr__(self) -> str:
        from spinesim.results.summary import text  # results lean on datasets, not on solvers

        return text(self.described()) if is_concrete(self) else super().__repr__()

    def _repr_html_(self) -> str | None:
        from spinesim.results.summary import html

        return html(self.described()) if is_concrete(self) else None
