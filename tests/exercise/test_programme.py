"""Programmes and doses: plans in numbers, coverage of the matrix, bands, bad input."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from made_up import EXERCISES, patient, responses, setting

from spinesim.adaptation.parameters import parameters
from spinesim.exercise import dose, life, tiring
from spinesim.exercise.library import exercise, library, prescribed
from spinesim.exercise.matching import greedy_sets, matched_sets, offer
from spinesim.exercise.profile import profile
from spinesim.exercise.programme import (
    Programme,
    check,
    coverage,
    minutes,
    programme,
    programmes,
    session_table,
    spread,
)


def test_every_comparator_is_there():
    assert {"usual_care", "walking", "mcgill_three", "generic_core", "generic_strength", "stretching",
            "stabilisation", "matrix"} <= set(programmes())  # fmt: skip


def test_a_plan_grows_as_it_says_and_only_loads_are_loaded():
    made = programme("generic_strength")
    plan = made.plan(12)
    assert np.all(np.diff(plan.sets[:, 0]) > 0) and float(plan.sets[-1, 0]) == library()["squat"].sets
    lunge = [one.exercise for one in made.exercises].index("lunge")
    assert np.all(np.asarray(plan.load[:, lunge]) == 1) and float(plan.load[-1, 0]) == pytest.approx(1.4)


def test_the_matrix_programme_covers_more_of_the_matrix_than_any_other():
    cells = {name: int((coverage(one, one.plan(12)) > 0).sum()) for name, one in programmes().items()}
    assert max(cells, key=lambda name: cells[name]) == "matrix" and cells["usual_care"] == 0
    whole = coverage(programme("matrix"), programme("matrix").plan(12))
    assert whole.sum() == pytest.approx(1)


def test_a_session_reads_like_a_sheet():
    rows = session_table(programme("mcgill_three"), programme("mcgill_three").plan(4), 3)
    assert rows[1]["reps"].endswith("each side") and rows[0]["hold"] == "8 s"


def test_plans_share_columns():
    one = programme("walking")
    wide = spread(one.plan(3), one.exercises, (*EXERCISES, *one.exercises))
    assert wide.sets.shape == (3, 4) and float(wide.sets[:, :3].sum()) == 0
    np.testing.assert_allclose(
        minutes(wide, (*EXERCISES, *one.exercises)), minutes(one.plan(3), one.exercises)
    )


def one_session(life_asks, exercise_asks):
    """A session of these exercises, all groups at one activation; walking works the right side alone."""
    given = setting()
    level = jnp.full_like(given.responses.demands.activation, exercise_asks)
    level = level.at[: len(life.ACTIVITIES)].set(0.0)
    level = level.at[life.ACTIVITIES.index("walk"), ::2].set(life_asks)
    demands = replace(given.responses.demands, activation=level)
    asked = dose.week(given.plan, 0, given.menu.owner)
    return dose.session(asked, given.menu, demands, given.routine, given.start, given.person, given.p)


def test_endurance_is_trained_beyond_what_walking_asks_of_either_side():
    rested, walker = (one_session(life_asks, 0.40).endurance for life_asks in (0.0, 0.37))
    assert np.all(np.asarray(rested) > 0) and np.all(np.asarray(walker) == 0)


def test_a_stretch_trains_no_muscle():
    """The half-kneeling stretch is the last of these exercises; at 90 % it adds nothing to the others."""
    given, level = setting(), jnp.full_like(setting().responses.demands.activation, 0.9)
    demands = replace(given.responses.demands, activation=level)
    asked = dose.week(given.plan, 0, given.menu.owner)
    alone = replace(asked, sets=jnp.where(np.array(given.menu.owner) == 2, asked.sets, 0.0))
    done = dose.session(alone, given.menu, demands, given.routine, given.start, given.person, given.p)
    assert EXERCISES[2].mode == "stretch" and float(done.stretch.sum()) > 0
    for name in ("strength", "growth", "endurance", "skill", "tried"):
        assert float(jnp.abs(getattr(done, name)).max()) == 0


def test_walking_lets_a_muscle_recover_at_every_step():
    """Ten minutes held at 40 % cannot be kept up and end at full effort; ten minutes of steps do not tire."""
    walk = dose.menu([exercise("walking")], replace(responses(), owner=(0, 0)))
    assert float(walk.bout[0]) == float(walk.pause[0]) == dose.HALF_CYCLE
    bouts = walk.time / walk.bout
    ask = jnp.full((2, 1), 0.40), jnp.zeros(1), parameters()
    done, effort = tiring.session(ask[0], bouts, walk.bout, walk.pause, *ask[1:])
    held, spent = tiring.session(ask[0], jnp.ones(2), walk.time, walk.pause, *ask[1:])
    assert float(effort[0, 0]) < 0.6 and float(done[0, 0]) > 0.95
    assert float(spent[0, 0]) > 0.95 and float(held[0, 0]) < 0.5


@pytest.mark.parametrize("chosen", [matched_sets, greedy_sets])
def test_matching_points_at_what_lacks(chosen):
    given = setting()
    person = patient(deficit=np.zeros(44))
    offered = offer(EXERCISES, given.responses, given.menu, person)
    sets = chosen(EXERCISES, offered, np.asarray(dose.needs(person)), 20.0)
    names = [one.exercise for one in EXERCISES]
    assert sets[names.index("hk_stretch")] > 0 and sets[names.index("squat")] == 0
    assert sets @ np.array([one.set_minutes for one in EXERCISES]) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: programme("mcgil_three"), "mcgill_three"),
        (lambda: programme("matrix").plan(200), "weeks must lie between 1 and 104"),
        (lambda: Programme("x", EXERCISES, sessions=-1), "sessions of programme 'x'"),
        (lambda: check(EXERCISES, setting(programme=Programme("x", EXERCISES)).plan.__class__(
            -jnp.ones((2, 3)), jnp.ones((2, 3)), jnp.ones(2), jnp.zeros(2), jnp.zeros(2))),
         "not negative"),
        (lambda: Programme("x", EXERCISES, sessions=200), "sessions of programme 'x' must lie between 0"),
        (lambda: Programme("x", EXERCISES, first=50), "first of programme 'x' must lie between 0 and 5"),
        (lambda: prescribed(EXERCISES[0], seconds=1e5), "seconds of exercise 'squat'"),
        (lambda: prescribed(EXERCISES[0], reps=-3.0), "reps of exercise 'squat'"),
        (lambda: life.routine({"sit": 20.0}), "add up to"),
        (lambda: life.routine(lifts=float("nan")), "lifts must lie between"),
        (lambda: profile(height_m=17.5), "height_m"),
        (lambda: profile(fear=1.5), "fear must lie between 0 and 1"),
        (lambda: life.routine({"sitt": 2.0}), "'sit'"),
        (lambda: profile(pain=0), "pain must lie between 1 and 99"),
        (lambda: profile(weak={"glutes": 0.9}), "weak 'glutes' must lie between 0 and 0.6"),
        (lambda: profile(tight_deg={"hipflexors": 5}), "hip_flexors"),
        (lambda: profile(conditions=("flu",)), "unknown condition"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()


def test_a_profile_says_what_lacks_by_group_and_side():
    who = profile(weak={"glutes": 0.2, "multifidus_r": 0.1}, tight_deg={"hip_flexors": 5, "hamstrings_l": 9},
                  conditions=("neuropathy", "degenerative_disc"), pain_months=24)  # fmt: skip
    assert int((np.asarray(who.person.deficit) > 0).sum()) == 7
    assert np.asarray(who.person.tight).tolist() == [5, 5, 0, 9]
    assert float(who.person.balance_level) < 0.5 and float(who.person.degenerated[1]) == 0.5
    assert float(who.person.long_standing) == 1
    his, hers = profile().person, profile(sex="female").person
    assert (his.female, hers.female) == (0, 1)
    assert (float(his.ultimate), float(hers.ultimate)) == (5810, 3970)  # Jager (1991), by the table
