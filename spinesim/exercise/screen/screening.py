"""The whole screen of a person in one state or in several: values, norms, errors."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import within
from spinesim._programs import kept
from spinesim._provenance import provenance
from spinesim.adaptation import control
from spinesim.adaptation.parameters import Parameters, parameters
from spinesim.adaptation.state import Person, Slow, initial
from spinesim.exercise.body import body
from spinesim.exercise.engine import Asked, solve_asked, stacked
from spinesim.exercise.library import FOLDER
from spinesim.exercise.profile import Profile
from spinesim.exercise.screen import efforts, hips, spine
from spinesim.exercise.screen.efforts import holding_tasks, single_tasks
from spinesim.exercise.screen.holds import hold_times
from spinesim.exercise.screen.stance import stance_time
from spinesim.models import tables
from spinesim.models.anatomy import LEVELS, SIDES, Model
from spinesim.models.groups import group_weights
from spinesim.models.state import Task
from spinesim.solvers.outcome import Equilibrium

if TYPE_CHECKING:
    from xarray import Dataset

#: Tests done on each side, whose difference is the symmetry index.
PAIRED = ("thomas_range", "raised_leg", "side_bridge", "stance_closed")
#: Range of hip extension of the Thomas test is counted from here [deg]: a thigh that stays up on the bench.
_BENT = 40.0


@cache
def _table() -> tables.Table:
    return tables.read(FOLDER / "screen.csv")


#: The tests, in the order of the table.
TESTS = _table().names("test")


def screen(
    who: Profile,
    states: Mapping[str, Slow] | None = None,
    *,
    pain: Sequence[float] | None = None,
    p: Parameters | None = None,
) -> "Dataset":
    """The movement screen of one person: every test simulated as it is done, beside norm and test error.

    Args:
        who: from `profile`.
        states: slow states by moment, as in {"before": ..., "after": ...}; as the person comes by default.
        pain: usual pain in each state, 0 to 100 (guarding); that of the profile by default.
        p: parameters; the table's by default.

    Returns:
        A dataset over (moment, test): `value`, `norm` and `norm_sd` of the person's sex, `error` (one
        standard error of measurement) and `detectable` (change that exceeds it with 95 %), and the flexion
        and neutral stiffness of every level.

    Example:
        >>> screen(profile(tight_deg={"hip_flexors": 10})).value.sel(test="thomas_r")
    """
    p = parameters() if p is None else p
    states = {"now": initial(who.person, p)} if states is None else dict(states)
    felt = [float(who.person.pain)] * len(states) if pain is None else list(pain)
    for value in felt:
        within("pain", value, 0.0, 100.0)
    bodies = [body(who.model, slow, who.person) for slow in states.values()]
    holds = _holds(bodies, list(states.values()), p)
    ends = _singles(bodies)
    made = [
        _one(who, own, slow, one_pain, times, end, p)
        for own, slow, one_pain, times, end in zip(bodies, states.values(), felt, holds, ends, strict=True)
    ]
    return _labelled(who, list(states), made)


def _holds(bodies: Sequence[Model], states: Sequence[Slow], p: Parameters) -> list[dict[str, float]]:
    """Times of the holds, by test, of every body; all in one batch."""
    tasks = holding_tasks()
    weights = group_weights(bodies[0].fascicles).T
    trained = np.repeat(
        np.stack([weights @ np.asarray(slow.endurance) for slow in states]), len(tasks), axis=0
    )
    times = hold_times(_asked(bodies, list(tasks.values())), trained, p).reshape(len(bodies), -1)
    return [dict(zip(tasks, map(float, row), strict=True)) for row in times]


def _singles(bodies: Sequence[Model]) -> list[Equilibrium]:
    ends = solve_asked(_asked(bodies, list(single_tasks().values())))
    count = len(single_tasks())
    return [
        jax.tree.map(lambda leaf, i=i: leaf[i * count : (i + 1) * count], ends) for i in range(len(bodies))
    ]


def _asked(bodies: Sequence[Model], tasks: Sequence[Task]) -> Asked:
    """Every task on every body, the tasks of a body following each other."""
    silent = jnp.zeros((len(bodies) * len(tasks), len(bodies[0].fascicles.name)))
    return Asked(stacked([own for own in bodies for _ in tasks]), stacked([*tasks] * len(bodies)), silent)


def _one(
    who: Profile,
    own: Model,
    slow: Slow,
    pain: float,
    holds: dict[str, float],
    ends: Equilibrium,
    p: Parameters,
) -> dict[str, np.ndarray]:
    """All values of one person in one state."""
    passive = _passive(who.model, own, slow, who.person, p)
    told = efforts.efforts(own, ends, pain)
    sided = {
        "thomas": passive.thomas, "raised_leg": passive.raised_leg, "leg_raise": told.leg_raise,
        "stance_open": _stances(own, passive.sway, told.abductors, 0.0),
        "stance_closed": _stances(own, passive.sway, told.abductors, 1.0),
    }  # fmt: skip
    pairs = {
        f"{test}_{side}": float(values[i]) for test, values in sided.items() for i, side in enumerate(SIDES)
    }
    found = {
        **pairs, **holds,
        "schober": 100 * float(passive.schober),
        "sit_and_reach": 100 * float(passive.sit_and_reach),
        "relaxation": told.relaxation,
        "core_endurance": _core(holds),
    }  # fmt: skip
    ranges = {f"thomas_range_{side}": _BENT - pairs[f"thomas_{side}"] for side in SIDES}
    found["symmetry"] = _symmetry(found | ranges)
    return {
        "value": np.array([found[test] for test in TESTS]),
        "segment_flexion": np.asarray(passive.bend.range),
        "neutral_stiffness": np.asarray(passive.bend.neutral),
    }  # fmt: skip


class _Passive(eqx.Module):
    """What needs no solve: ranges, and what a stance sways by."""

    bend: spine.Flexibility
    thomas: hips.Sides
    raised_leg: hips.Sides
    schober: Float[Array, ""]
    sit_and_reach: Float[Array, ""]
    sway: tuple[Float[Array, ""], Float[Array, ""]]  # position error [deg], latency of the reflex [ms]


@kept
def _passive(healthy: Model, own: Model, slow: Slow, person: Person, p: Parameters) -> _Passive:
    bend = spine.flexibility(healthy, own)
    raised = hips.raised_leg(healthy, own, slow)
    return _Passive(
        bend,
        hips.thomas(own, slow, person),
        raised,
        spine.schober(own, bend.range),
        spine.sit_and_reach(own, bend.range, jnp.mean(raised)),
        (control.position_error(slow, person, p), control.latency(slow, person, p)),
    )


def _stances(own: Model, sway: tuple[Array, Array], abductors: Sequence[float], blind: float) -> list[float]:
    return [
        float(stance_time(own.person.height, *sway, jnp.asarray(effort), jnp.asarray(blind)))
        for effort in abductors
    ]


def _core(holds: Mapping[str, float]) -> float:
    """Geometric mean of the Sorensen hold and the side bridges [s]."""
    times = [holds[name] for name in ("sorensen", "side_bridge_r", "side_bridge_l")]
    return float(np.exp(np.mean(np.log(np.maximum(times, 1.0)))))


def _symmetry(found: Mapping[str, float]) -> float:
    """Mean over paired tests of |R - L| over their mean [%]."""
    pairs = [(found[f"{test}_r"], found[f"{test}_l"]) for test in PAIRED]
    return float(np.mean([200 * abs(r - le) / max(r + le, 1e-9) for r, le in pairs]))


def _labelled(who: Profile, moments: list[str], made: list[dict[str, np.ndarray]]) -> "Dataset":
    import xarray as xr

    rows, sex = _table(), "female" if who.model.person.female > 0.5 else "male"
    fixed = {
        "norm": _published(sex), "norm_sd": _published("sd"),
        "error": rows.numbers("sem"), "detectable": rows.numbers("mdc"),
    }  # fmt: skip
    return xr.Dataset(
        {
            "value": (("moment", "test"), np.stack([one["value"] for one in made])),
            **{name: ("test", values) for name, values in fixed.items()},
            "label": ("test", list(rows.words("label"))),
            "unit": ("test", list(rows.words("unit"))),
            "better": ("test", list(rows.words("better"))),
            **{
                name: (("moment", "level"), np.stack([one[name] for one in made]), {"units": unit})
                for name, unit in (("segment_flexion", "deg"), ("neutral_stiffness", "N m/deg"))
            },
        },
        {"moment": moments, "test": list(TESTS), "level": list(LEVELS)},
        provenance(who.model, who.person),
    )


def _published(column: str) -> np.ndarray:
    """A column of the table in which a cell may be empty: NaN."""
    return np.array([float(word) if word else np.nan for word in _table().words(column)])
