"""One person, one programme: weeks through the engine, beside the natural course and generic exercise.

The central path asks the engine anew every week, on the body of that week. The bands come from many draws of
the parameters, of flares and of days, with the loads of the first week; how far that is from the central path
is part of the result.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from spinesim._names import integer
from spinesim._provenance import provenance
from spinesim._record import to_dataset
from spinesim.adaptation.pain import Structure
from spinesim.adaptation.parameters import Parameters, drawn, parameters
from spinesim.adaptation.state import STRETCHED, Slow, initial, strength
from spinesim.exercise import dose, unfold
from spinesim.exercise.cohort import menu_of
from spinesim.exercise.hydration import day_fluid
from spinesim.exercise.library import Exercise
from spinesim.exercise.population import same_person
from spinesim.exercise.profile import Profile
from spinesim.exercise.programme import WEEKS, Programme, check, programme, spread
from spinesim.exercise.responses import Responses, exact
from spinesim.exercise.runs import Result, run, stacked_plan
from spinesim.exercise.screen.screening import screen
from spinesim.models.anatomy import LEVELS
from spinesim.models.groups import REPORTED

if TYPE_CHECKING:
    from xarray import Dataset

#: Programmes beside which a person's is shown.
NATURAL, GENERIC = "usual_care", "generic_core"
#: What every result says of itself.
SAID = "A research and teaching model; it makes no diagnosis and gives no medical advice."


def rehab(
    who: Profile, plan: str | Programme, weeks: int = 12, *, draws: int = 100, seed: int = 0
) -> "Dataset":
    """What weeks of a programme do to a person, with bands, the natural course and generic exercise.

    Args:
        who: from `profile`, or read from a file.
        plan: a programme, or its name.
        weeks: 1 to 104.
        draws: of parameters, flares and days, for the bands; 10 to 10,000.
        seed: of the draws.

    Returns:
        A dataset: `pain` over (arm, draw, day), `pain_central` of the path through the engine, loads of every
        case and the movement screen (`screen.value` and its kin) before and after, strength, endurance, skill
        and range. Pain is never one number: take quantiles over `draw`.

    Example:
        >>> ds = rehab(profile(pain=55, hours={"sit": 9}), "mcgill_three")
    """
    own = programme(plan) if isinstance(plan, str) else plan
    weeks, draws = integer("weeks", weeks, 1, WEEKS), integer("draws", draws, 10, 10_000)
    arms = list({one.name: one for one in (own, programme(NATURAL), programme(GENERIC))}.values())
    exercises = menu_of(arms)
    p = parameters()
    start = initial(who.person, p)
    responses = at_start(who, exercises, p)
    menu = dose.menu(exercises, responses)
    plans = {arm.name: spread(arm.plan(weeks), arm.exercises, exercises) for arm in arms}
    for one in plans.values():
        check(exercises, one)
    setting = unfold.Setting(
        who.person, who.routine, responses, menu, plans[own.name], start, p, Structure.shared,
        jnp.full(7 * weeks, unfold.EXPECTED),
    )  # fmt: skip
    path, last = through_engine(who, exercises, setting)
    held = unfold.one(setting, start)
    crowd = same_person(who.person, who.routine, draws, seed)
    spread_ = run(
        {name: stacked_plan(one, draws) for name, one in plans.items()}, crowd, responses, menu, seed=seed,
        p=drawn(draws, seed),
    )  # fmt: skip
    ds = _labelled(who, own, list(plans), path, held, last, responses, spread_, seed, p)
    return ds.merge(_screened(who, path))


def _screened(who: Profile, path: unfold.Trajectory) -> "Dataset":
    """The movement screen in the first and the last state of the central path."""
    ends = {"before": 0, "after": -1}
    states = {name: jax.tree.map(lambda leaf, i=i: leaf[i], path.week) for name, i in ends.items()}
    found = screen(who, states, pain=[float(path.pain[i]) for i in ends.values()])
    return found.drop_attrs(deep=False).rename({name: f"screen.{name}" for name in found})


def asked_anew(
    who: Profile, exercises: Sequence[Exercise], slow: Slow, last: Responses, p: Parameters
) -> Responses:
    """The demands on the body of `slow`, its discs as dry as a day under those of `last` leaves them."""
    fluid, _ = day_fluid(last, who.routine, who.person, p)
    known = jax.tree.map(np.asarray, last.demands)
    return exact(who.model, exercises, slow, who.person, known, fluid)


def at_start(who: Profile, exercises: Sequence[Exercise], p: Parameters) -> Responses:
    """The demands on a person as they come: once with full discs, then as their day leaves them."""
    start = initial(who.person, p)
    return asked_anew(who, exercises, start, exact(who.model, exercises, start, who.person), p)


def through_engine(
    who: Profile, exercises: Sequence[Exercise], setting: unfold.Setting
) -> tuple[unfold.Trajectory, Responses]:
    """The path of a person whose body of every week is solved anew, and the demands at its end."""
    slow, parts = setting.start, []
    responses, weeks = setting.responses, len(setting.plan.sessions)
    for number in range(weeks):
        now = replace(setting, responses=responses)
        parts.append(unfold.one(now, slow, jnp.asarray(number), 1))
        slow = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[-1]), parts[-1].week)
        responses = asked_anew(who, exercises, slow, responses, setting.p)
    return _joined(parts), responses


def state_at(ds: "Dataset", week_end: int) -> Slow:
    """The slow state of the central path of a rehab dataset at a week; -1 is the end."""
    return Slow(**{
        field.name: jnp.asarray(ds[f"central.{field.name}"].isel(week_end=week_end).values)
        for field in fields(Slow)
    })  # fmt: skip


def _joined(parts: list[unfold.Trajectory]) -> unfold.Trajectory:
    """Weeks one after the other; the first moment of each is the last of the one before."""

    def joined(*pieces: Array) -> Array:
        return jnp.asarray(np.concatenate([pieces[0], *(np.asarray(piece)[1:] for piece in pieces[1:])]))

    whole = jax.tree.map(joined, *parts)
    by_week = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("done", "overload")}
    return replace(whole, **{name: jnp.asarray(values) for name, values in by_week.items()})


def _labelled(
    who: Profile, own: Programme, arms: list[str], path: unfold.Trajectory, held: unfold.Trajectory,
    last: Responses, first: Responses, found: list[Result], seed: int, p: Parameters,
) -> "Dataset":  # fmt: skip
    import xarray as xr

    weeks = len(path.done)
    whole = jax.tree.map(lambda *leaves: np.stack(leaves), *found)
    ds = to_dataset(whole, {}, ("arm", "draw"), **provenance(who.model, who.person))
    states = to_dataset(
        path.week, {"group": REPORTED, "level": LEVELS, "stretched": STRETCHED}, ("week_end",)
    )
    ds = ds.merge(states.rename({name: f"central.{name}" for name in states}))
    gained = np.asarray(jax.vmap(strength)(path.week) / strength(jax.tree.map(lambda x: x[0], path.week)))
    ds["central.strength"] = (("week_end", "group"), gained, {"units": "1"})
    ds["pain_central"] = ("day", np.asarray(path.pain), {"units": "points"})
    ds["adherence_central"] = ("week", np.asarray(path.done), {"units": "1"})
    loads = np.stack([np.asarray(one.demands.compression) for one in (first, last)])
    ds["compression"] = (("moment", "case", "level"), loads, {"units": "N", "long_name": "disc compression"})
    activation = np.stack([np.asarray(one.demands.activation) for one in (first, last)])
    ds["effort"] = (("moment", "case", "group"), activation, {"units": "1", "long_name": "activation"})
    lost = [day_fluid(one, who.routine, who.person, p)[1] for one in (first, last)]
    ds["fluid_lost"] = (
        ("moment", "level"),
        np.stack(lost),
        {"units": "1", "long_name": "from morning to evening"},
    )
    ds["held_loads_error"] = xr.DataArray(
        float(np.max(np.abs(np.asarray(path.pain - held.pain)))), attrs={"units": "points"}
    )
    return ds.assign_coords(
        arm=arms, case=list(first.case), moment=["before", "after"], day=np.arange(7 * weeks + 1),
        week=np.arange(weeks), week_end=np.arange(weeks + 1), level=list(LEVELS), group=list(REPORTED),
    ).assign_attrs(programme=own.name, seed=seed, said=SAID)  # fmt: skip
