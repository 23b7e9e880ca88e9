"""The scoreboard stays where it is: a row whose error grows beyond its noise fails by name.

Postures are held as drawn here, so the numbers are those of a quick run, with the searches that it leaves
out. Rows of the bench are pinned by the misfit of the calibration (`tests/calibration`) as well, those of any
load by `tests/cli/test_validate`.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from spinesim.calibration.files import FOLDER
from spinesim.results.day import day_answers
from spinesim.results.scoreboard import error_of
from spinesim.validation import postures, questions, strength, trunk
from spinesim.validation.people import person, solved, stacked
from spinesim.validation.targets import targets, uses

pytestmark = pytest.mark.slow
#: Growth of an error that counts as noise, in ln or in half bands.
NOISE = 0.05
#: Pinned beside the tables of one's own.
OF_ANY_LOAD = {"idp_fl1000", "idp_fl300", "tol_bend"}


def table(path):
    with path.open(newline="", encoding="utf-8") as text:
        return {row["id"]: float(row["answer"]) for row in csv.DictReader(text)}


def pins():
    return table(Path(__file__).with_name("pins.csv"))


def worsened(found):
    """Rows that miss their measurement by more than they did, with what they answer now."""
    worse = {}
    for name, before in pins().items():
        if name in found:
            row = targets()[name]
            was, now = (abs(error_of(row, answer)[0]) for answer in (before, found[name]))
            left = row.accepts(before) and not row.accepts(found[name])
            if np.isnan(found[name]) or (left if row.role != "target" else now > was + NOISE):
                worse[name] = (before, found[name])
    return worse


def test_a_worse_row_is_named():
    goal = targets()["idp_w_stand"].value
    assert worsened({"idp_w_stand": goal}) == {}
    assert set(worsened({"idp_w_stand": 0.4 * goal})) == {"idp_w_stand"}
    assert set(worsened({"idp_n_lean": 500.0})) == {"idp_n_lean"}
    assert set(worsened({"emg_stand_RA": np.nan})) == {"emg_stand_RA"}
    assert set(worsened({"trk_stf_20": 0.5, "coact_0": 0.0, "crp_rec": 20.0})) == {
        "trk_stf_20", "coact_0", "crp_rec"
    }  # fmt: skip


def test_every_answered_row_is_pinned():
    answered = {name for name in targets() if name not in uses() or uses()[name].use != "unanswered"}
    assert answered == set(pins()) | set(table(FOLDER / "tissue_misfit.csv")) | OF_ANY_LOAD


def test_postures_hold_their_scores():
    rows = [targets()[name] for name in pins()]
    planned = questions.plan(rows, {})
    ends = solved(planned.models(), stacked(list(planned.tasks)), keep=postures.kept)
    found = {name: float(postures.read(targets()[name], planned, ends)) for name in planned.case}
    found |= {name: float(angle) for name, angle in postures.lordoses(person("man")).items()}
    assert len(found) == 41 and worsened(found) == {}


def test_strength_holds_its_scores():
    found = strength.answers(strength.greatest_moments(strength.UPRIGHT + strength.INCLINED))
    assert len(found) == 10 and worsened(found) == {}


def test_the_trunk_holds_its_scores():
    """All but the least co-contraction, which `tests/solvers/test_stiffening` pins."""
    found = trunk.answers(person("man"), coactivation=False)
    assert len(found) == 8 and worsened(found) == {}


def test_a_day_holds_its_scores():
    found = day_answers()
    assert len(found) == 6 and worsened(found) == {}
