"""What a simulated cohort must show before any of its numbers is believed: nine published facts.

Each row is what was asked, what came out, the accepted range and where it is from. `acceptance` is what a
validation run calls with a cohort of 500 or more.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Int

from spinesim.adaptation import muscle
from spinesim.adaptation.day import day_of
from spinesim.adaptation.parameters import Parameters, parameters
from spinesim.adaptation.state import Slow, initial, strength
from spinesim.exercise import outcome
from spinesim.exercise.cohort import cohort, menu_of
from spinesim.exercise.library import Exercise, library
from spinesim.exercise.population import recovered
from spinesim.exercise.programme import Programme, programme
from spinesim.exercise.responses import Responses, nobody, reduced
from spinesim.models.anatomy import Model

if TYPE_CHECKING:
    from xarray import Dataset

#: Programmes of the acceptance: natural course, generic and targeted exercise.
ARMS = ("usual_care", "generic_core", "targeted", "shuffled")


class Row(NamedTuple):
    """One fact: what came out, and where it must lie."""

    name: str
    value: float
    low: float
    high: float
    source: str

    @property
    def holds(self) -> bool:
        """Whether the value lies in its range."""
        return self.low <= self.value <= self.high


def pool() -> tuple[Exercise, ...]:
    """Exercises that targeting may choose from."""
    names = (
        "uni_bridge", "prone_hip_ext", "sl_hip_abd", "clamshell", "bird_dog", "side_bridge", "hk_stretch",
        "ham_stretch", "hip_hinge", "bracing", "mf_prone", "sl_stance",
    )  # fmt: skip
    return tuple(library()[name] for name in names)


def fitted(model: Model, samples: int = 48, seed: int = 0) -> Responses:
    """The reduced map that the acceptance needs."""
    return reduced(model, menu_of([programme("generic_core")], pool()), samples=samples, seed=seed)


def acceptance(
    model: Model, *, count: int = 500, seed: int = 0, responses: Responses | None = None
) -> tuple[Row, ...]:
    """The nine facts on a cohort of `count` virtual patients."""
    responses = fitted(model) if responses is None else responses
    ask: dict[str, Any] = {"responses": responses, "pool": pool(), "seed": seed, "count": count}
    ds = cohort(model, ARMS, weeks=12, **ask)
    bare = cohort(model, ARMS[:2], weeks=12, structure="none", **ask)
    rest = Programme("usual_care", programme("generic_core").exercises, sessions=0.0)
    year = cohort(model, [rest], weeks=52, **ask)
    calm: dict[str, Any] = ask | {"crowd": recovered(count, seed)}
    again = cohort(model, [rest], weeks=52, **calm)
    return (*_course(year), *_effects(ds, bare), *_strength(), *_rest(ds, again))


def _course(year: "Dataset") -> Sequence[Row]:
    pain = year.pain.sel(programme="usual_care").mean("person")
    return (
        Row("1. natural course, week 6 [points]", float(pain.sel(day=42)), 29, 38, "costa2012"),
        Row("1. natural course, week 52 [points]", float(pain.sel(day=364)), 16, 30, "costa2012"),
    )


def _effects(ds: "Dataset", bare: "Dataset") -> Sequence[Row]:
    exercise = outcome.effect(ds, "generic_core", "usual_care", 12)["mean"]
    targeted = outcome.effect(ds, "targeted", "generic_core", 12)
    share = outcome.structural_share(ds, bare, "generic_core", "usual_care", 12)
    return (
        Row("2. exercise less usual care, week 12 [points]", exercise, -18, -5, "hayden2020"),
        Row("3. targeted less generic, week 12 [points]", targeted["mean"], -12, 0, "fleckenstein2022"),
        Row("4. correlation of strength and pain changes", outcome.strength_and_pain(ds, "generic_core"),
            -0.25, 0.25, "steiger2012"),
        Row("4. structural share of the exercise effect", share, -0.2, 0.2, "steiger2012"),
    )  # fmt: skip


def _strength() -> Sequence[Row]:
    """Gain of isolated extension in 12 weeks by sessions a week (Graves 1990: 26.6, 37.2 to 41.4 %)."""
    return tuple(
        Row(f"5. strength gained at {often:g} sessions a week [%]", gain_of_isolated_training(often), low,
            high, "graves1990")
        for often, low, high in ((0.5, 20, 33), (1.0, 30, 45), (3.0, 34, 49))
    )  # fmt: skip


def gain_of_isolated_training(often: float, weeks: int = 12, p: Parameters | None = None) -> float:
    """Strength gained by so many full sessions a week of one isolated muscle [%], from the laws alone."""
    p = parameters() if p is None else p
    person = nobody()
    start = initial(person, p)
    day = day_of(strength=often, growth=often)

    def one(_: Int[Array, ""], slow: Slow) -> Slow:
        neural = muscle.neural_rate(slow, day, person, p)
        size = muscle.size_rate(slow, day, person, p)
        return replace(slow, neural=slow.neural + 0.5 * neural, size=slow.size + 0.5 * size)

    end = jax.lax.fori_loop(0, 14 * weeks, one, start)
    return float(100 * (strength(end)[0] / strength(start)[0] - 1))


def _rest(ds: "Dataset", again: "Dataset") -> Sequence[Row]:
    recurred = outcome.recurrence(again, "usual_care")
    diary = ds.diary.sel(programme="usual_care") - ds.pain.sel(programme="usual_care")
    usual = ds.pain.sel(programme="usual_care")
    inside = (usual > 30) & (usual < 70)  # away from the ends of the scale
    momentary = float(np.sqrt((diary.where(inside) ** 2).mean()))
    glycans = ds.glycans.isel(week_end=-1).mean("person")
    moved = float(np.abs(glycans - glycans.sel(programme="usual_care")).max())
    answered = outcome.responders(ds, 12)
    return (
        Row("6. recurrence within a year of recovery", recurred["share"], 0.62, 0.74, "dasilva2019"),
        Row("7. momentary scatter of pain [points]", momentary, 10.5, 13.5, "page2022"),
        Row("8. responders (30 %) without exercise", float(answered.sel(programme="usual_care")), 0.05, 0.95,
            "artus2014"),
        Row("8. responders (30 %) with targeted exercise", float(answered.sel(programme="targeted")), 0.05,
            0.95, "artus2014"),
        Row("9. disc matrix moved by exercise in 12 weeks", moved, 0.0, 0.005, "sivan2006"),
    )  # fmt: skip
