"""The stretched back: what its fit says of itself, and what a silent back resists."""

import csv

import numpy as np
import pytest

from spinesim.calibration import flexion
from spinesim.models.tables import constants


@pytest.fixture(scope="module")
def resisted():
    """Moment about L5/S1 in every row [N m], with the numbers of the table."""
    numbers = constants("passive_fit")
    return flexion.answers(np.array([numbers["slack_back"], numbers["modulus_back"]]))


def test_a_silent_back_resists_what_was_measured(resisted):
    """Men, fitted, to a tenth; women, who were held out, to two of the spreads assumed."""
    for row in flexion.ROWS:
        allowed = 0.2 * row.spread if row.use == "fitted" else 2 * row.spread
        assert abs(resisted[row.id] - row.moment) < allowed, row.id


def test_the_misfit_table_is_that_of_the_numbers_in_use(resisted):
    with flexion.MISFIT.open(encoding="utf-8") as text:
        rows = {row["id"]: row for row in csv.DictReader(text)}
    assert {name: row["use"] for name, row in rows.items()} == {row.id: row.use for row in flexion.ROWS}
    for name, answer in resisted.items():
        np.testing.assert_allclose(answer, float(rows[name]["answer"]), rtol=6e-3)


def test_a_slacker_and_a_softer_back_resist_less(resisted):
    numbers = constants("passive_fit")
    for slack, modulus in ((1.05, 1.0), (1.0, 0.5)):
        other = np.array([numbers["slack_back"] * slack, numbers["modulus_back"] * modulus])
        assert flexion.answers(other, flexion.ROWS[1:2])["men_full"] < resisted["men_full"] - 10
