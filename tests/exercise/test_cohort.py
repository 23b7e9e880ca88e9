"""A small cohort shows what trials show; people and random numbers are common to all arms."""

import equinox as eqx
import numpy as np
import pytest

from spinesim.adaptation.parameters import parameters
from spinesim.adaptation.state import initial, nobody
from spinesim.exercise import acceptance, outcome, runs
from spinesim.exercise.cohort import cohort, menu_of
from spinesim.exercise.library import prescribed
from spinesim.exercise.population import people, recovered
from spinesim.exercise.programme import Programme, programme
from spinesim.exercise.responses import exact
from spinesim.results.acceptance import acceptance_table, to_dataset

PEOPLE, SEED = 100, 11
#: Weeks of a hundred people run two dozen times here, which pays for optimising their machine code.
OPTIMISED = {"xla_backend_optimization_level": 1, "xla_llvm_disable_expensive_passes": False}


@pytest.fixture(scope="module", autouse=True)
def _weeks_optimised():
    with pytest.MonkeyPatch.context() as patched:
        chunk = eqx.filter_jit(runs._chunk.__wrapped__, compiler_options=OPTIMISED)
        patched.setattr(runs, "_chunk", chunk)
        yield


@pytest.fixture(scope="module")
def ask(model):
    """What every cohort here shares; the demands of the healthy body hold, which spares many solves."""
    exercises = menu_of([programme("generic_core")], acceptance.pool())
    held = exact(model, exercises, initial(nobody(), parameters()), nobody())
    return {"responses": held, "pool": acceptance.pool(), "seed": SEED, "count": PEOPLE}


@pytest.fixture(scope="module")
def ds(model, ask):
    return cohort(model, acceptance.ARMS, weeks=12, **ask)


def test_the_nine_facts_hold(model, ask):
    """Rehabilitation acceptance 1 to 9, on people and seeds that nothing was fitted to."""
    rows = acceptance.acceptance(model, count=PEOPLE, seed=SEED, responses=ask["responses"])
    assert not [row for row in rows if not row.holds]
    assert {row.name[0] for row in rows} == set("123456789")
    assert f"{len(rows)} of {len(rows)}" in str(acceptance_table(rows, PEOPLE).title)
    assert to_dataset(rows, PEOPLE).holds.all()


def test_the_forty_percent_is_three_numbers(ds):
    """Most of a fall within people is there without treatment; the rest is below an important change."""
    said = outcome.three_changes(ds, "targeted", "usual_care", "generic_core", 12)
    assert said["within_person_percent"] < -35
    against = said["against_natural_course"]
    assert said["within_person"]["mean"] < against["mean"] < said["against_generic"]["mean"] <= 0
    assert abs(said["against_generic"]["mean"]) < outcome.IMPORTANT_POINTS
    assert against["low"] < against["mean"] < against["high"]


def test_targeting_the_wrong_person_is_part_of_every_comparison(ds):
    """Deficits are alike, so most of what targeting adds is there with a stranger's profile."""
    right, wrong = (outcome.effect(ds, arm, "generic_core", 12)["mean"] for arm in ("targeted", "shuffled"))
    assert right < wrong < 0.5


def test_a_cohort_repeats_and_arms_share_their_luck(model, ask, ds):
    again = cohort(model, acceptance.ARMS[:2], weeks=12, **ask)
    np.testing.assert_array_equal(ds.pain[:2], again.pain)
    np.testing.assert_array_equal(ds.pain[0, :, 0], ds.pain[1, :, 0])


def test_people_and_parameters_have_intervals_of_their_own(model, ask, ds):
    """Draws of the parameters leave what is said of people as it is, and half the people leave theirs."""
    drawn = cohort(model, acceptance.ARMS[:2], weeks=12, draws=4, **ask)
    said, known = (outcome.effect(each, "generic_core", "usual_care", 12) for each in (drawn, ds))
    assert known == {name: said[name] for name in known}
    assert said["low_parameters"] < said["high_parameters"]
    half = outcome.effect(drawn.isel(person=slice(0, None, 2)), "generic_core", "usual_care", 12)
    assert half["high"] - half["low"] > 1.2 * (said["high"] - said["low"])
    assert half["low_parameters"] == said["low_parameters"]


def test_the_structural_share_is_what_exchanging_structure_takes_away(ds):
    """Nothing exchanged is nothing; exercise of which structure is all would be one."""
    alike = ds.assign(structural=0 * ds.structural)
    assert outcome.structural_share(alike, "generic_core", "usual_care", 12) == pytest.approx(0)
    odds = np.log(ds.pain / (100 - ds.pain))
    alone = ds.assign(structural=odds - odds.sel(programme="usual_care"))
    assert outcome.structural_share(alone, "generic_core", "usual_care", 12) == pytest.approx(1)


def test_people_vary_together_and_the_recovered_are_calm():
    crowd = people(4000, 1).person
    assert 0.15 < np.corrcoef(crowd.pain, crowd.fear)[0, 1] < 0.5
    assert 48 < float(np.mean(crowd.pain)) < 52
    assert float(np.max(recovered(50, 1).person.pain)) == 5.0


@pytest.mark.parametrize(
    ("programmes", "numbers", "complaint"),
    [
        (["targeted"], {}, "needs a programme of exercises"),
        (["generic_cor"], {}, "generic_core"),
        (["generic_core"], {"count": 0}, "people must lie between 1"),
        ([], {}, "at least one programme"),
        ("generic_core", {}, "programmes must be a list, not 'generic_core'"),
        (["generic_core"], {"weeks": 2.5}, "weeks must be a whole number, not 2.5"),
        (["generic_core"], {"weeks": 0}, "weeks must lie between 1 and 104"),
        (["generic_core"], {"draws": -1}, "draws must lie between 0"),
        (["generic_core"], {"structure": "all"}, "structural variant"),
        ([Programme("a", (acceptance.pool()[0],)),
          Programme("b", (prescribed(acceptance.pool()[0], sets=9.0),))], {}, "different doses"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_asked_is_named(model, ask, programmes, numbers, complaint):
    with pytest.raises(ValueError, match=complaint):
        cohort(model, programmes, **(ask | numbers))
