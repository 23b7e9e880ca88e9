"""The fast cascade: from an imbalance to the load of every tissue, link by link.

The links are what an imbalance changes itself (CAUSES) and what the body makes of it: the posture that is
predicted with it, pelvis and lumbar spine. A link is cut by holding it as in the healthy body while the
others act, and the balance is solved anew: what is then missing is what the link did. Links interact, so
every coalition of them is solved, and their Shapley values share out the whole change.

Within the posture pelvis and lumbar spine undo each other: tilted alone, the pelvis takes the thorax along,
which the lumbar spine brings back. Together they say what the posture does, apart why.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from spinesim._names import integer, within
from spinesim._provenance import provenance
from spinesim._record import Record, entry, is_concrete, quantity, static, to_dataset
from spinesim.cascade.attribution import cut, shapley
from spinesim.cascade.following import CAUSES, LINKS, NONE, Case, asked_of, each_of, followed
from spinesim.cascade.reading import MUSCLES, Reading
from spinesim.cascade.spread import QUANTILES, Spread, drawn, spread
from spinesim.models.anatomy import Model
from spinesim.models.imbalance import Imbalance
from spinesim.models.labels import labels
from spinesim.models.state import Task
from spinesim.solvers.discomfort import Allowance
from spinesim.solvers.recruitment import Effort
from spinesim.solvers.solution import Status

if TYPE_CHECKING:
    from xarray import Dataset


class Cascade(Record):
    """A chain from an imbalance to loads; check the status before using a number.

    `effect` (Shapley values) adds up over the links to the whole change; `cut` is what goes missing when
    that one link is cut. The turns are what each cause makes of the predicted posture, Shapley values too
    (bending to the right, rotation to the left, extension positive). What follows from a coalition that did
    not settle or is not in balance is NaN.
    """

    before: Case
    after: Case
    healthy: Reading
    impaired: Reading
    effect: Reading  # by link
    cut: Reading  # by link
    spread: Spread | None  # intervals, where bodies were drawn
    pelvis_turn: Float[Array, "cause 3"] = quantity("rad", "cause", "axis")
    lumbar_turn: Float[Array, "cause 3"] = quantity("rad", "cause", "axis")  # all levels together
    acting: Float[Array, "link"] = quantity("1", "link")  # 1 where there is something to cut
    unsolved: Int[Array, ""] = quantity("1")  # coalitions without a value
    status: Status = entry(Status)  # of the first of these, if there is one
    name: str = static()
    severity: float = static()

    @property
    def links(self) -> tuple[str, ...]:
        """The links that act."""
        return tuple(link for link, acts in zip(LINKS, self.acting, strict=True) if acts)

    def to_dataset(self) -> "Dataset":
        """Both readings, effects and cuts with names along their axes, units and provenance."""
        import xarray as xr

        names = labels(self.before.model) | {"link": LINKS, "cause": CAUSES, "muscle": MUSCLES}
        parts = {"healthy": (), "impaired": (), "effect": ("link",), "cut": ("link",)}
        read_off = [_read_off(part, getattr(self, part), names, axes) for part, axes in parts.items()]
        if self.spread is not None:
            intervals = [
                _read_off("spread.change", self.spread.change, names, ("quantile",)),
                _read_off("spread.effect", self.spread.effect, names, ("quantile", "link")),
            ]
            read_off += [ds.assign_coords(quantile=list(QUANTILES)) for ds in intervals]
        ds = xr.merge([*read_off, to_dataset(_without_records(self), names)])
        about = provenance(self.before.model, self.before.equilibrium)
        return ds.assign_attrs(about | {"scenario": self.name, "severity": self.severity})

    def __repr__(self) -> str:
        from spinesim.cascade.chart import text  # rich is for those who look

        return text(self) if is_concrete(self) else super().__repr__()


def cascade(
    model: Model,
    imbalance: Imbalance | str,
    task: Task | None = None,
    severity: float | int = 1.0,
    *,
    draws: int = 0,
    seed: int = 0,
) -> Cascade:
    """What an imbalance does to posture, recruitment, stability and tissue, and through which link.

    Both postures are predicted, that of the healthy body and that of the impaired one.

    Args:
        model: the healthy body.
        imbalance: an imbalance, or a scenario by name, which changes its task as well.
        task: posture that is asked for, and loads; left out, that of the scenario.
        severity: 0 (the healthy body: every effect is exactly zero) to 1.
        draws: bodies drawn from what is not known (table `uncertain`) in which the chain is followed too, for
            the intervals of `spread`; each takes a few seconds.
        seed: of the draws.

    Example:
        >>> chain = cascade(lumbar_model(), "tight_hip_flexors")
        >>> chain.to_dataset()["effect.facet_share"].sel(level="L4L5")
    """
    severity = within("severity", severity, 0.0, 1.0)
    asked = asked_of(model, imbalance, task, severity)
    draws = integer("draws", draws, 0, 10_000)
    whole = followed(asked, Allowance(), Effort())
    lost = [case for case in whole.cases.values() if case.equilibrium.status != Status.converged]
    turns = each_of(CAUSES, whole.causes, whole.settled, shapley)
    every = frozenset(whole.links)
    others = [followed(asked.varied(draw), draw.allowance, draw.objective) for draw in drawn(draws, seed)]
    return Cascade(
        before=whole.cases[NONE],
        after=whole.cases[every],
        healthy=whole.values[NONE],
        impaired=whole.values[every],
        effect=whole.effect(shapley),
        cut=whole.effect(cut),
        pelvis_turn=turns["pelvis"],
        lumbar_turn=turns["lumbar"],
        acting=jnp.array([float(link in whole.links) for link in LINKS]),
        unsolved=jnp.asarray(len(lost)),
        spread=spread([one.change() for one in others], [one.effect(shapley) for one in others])
        if others
        else None,
        status=lost[0].equilibrium.status if lost else Status.converged,
        name=imbalance if isinstance(imbalance, str) else "imbalance",
        severity=severity,
    )


def _read_off(
    part: str, reading: Reading, names: Mapping[str, Sequence[str]], axes: Sequence[str]
) -> "Dataset":
    ds = to_dataset(reading, names, axes)
    return ds.rename({name: f"{part}.{name}" for name in ds})


def _without_records(chain: Cascade) -> Cascade:
    """The numbers that are the cascade's own."""
    records = ("before", "after", "healthy", "impaired", "effect", "cut", "spread")
    return eqx.tree_at(
        lambda all_: [getattr(all_, name) for name in records], chain, [None] * len(records),
        is_leaf=lambda one: one is None,
    )  # fmt: skip
