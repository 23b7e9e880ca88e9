"""The report of a validation run: one page with everything in it, and the scoreboard for a terminal."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from spinesim.results.between import between
from spinesim.results.files import as_json
from spinesim.results.measured import agreement, beside_measured, measured_tasks, with_answers
from spinesim.results.passline import pass_line
from spinesim.results.peers import peer_table
from spinesim.results.scoreboard import board, scores
from spinesim.results.scoreboard_text import scoreboard
from spinesim.results.validation import Validation
from spinesim.validation.bench import MOMENTS, Curves
from spinesim.validation.between import Parameter
from spinesim.validation.intervals import Intervals
from spinesim.validation.people import person
from spinesim.validation.sampled import draw
from spinesim.validation.targets import peers, targets, uses
from spinesim.viz.validation_page import CAPTIONS, write

pytestmark = pytest.mark.slow
PINS = Path(__file__).parents[1] / "validation" / "pins.csv"


@pytest.fixture(scope="module")
def found():
    """A run of which only the measured postures are solved."""
    with PINS.open(newline="", encoding="utf-8") as text:
        answers = {row["id"]: float(row["answer"]) for row in csv.DictReader(text)}
    answers |= {"buckle_vert": np.inf, "stf_gm_250": 1.7, "iap_stiff": 30.0, "fac_flexed": 1.0}
    answers |= {"trk_stf_20": 1.0, "trk_stf_40": 1.5, "fac_pm_ar": 100.0, "rom_y_fle_L4L5": 9.0}
    volunteer = person("volunteer")
    pressures = beside_measured(volunteer, measured_tasks(volunteer, settle=False))
    drawn = draw(16)
    sampled = Intervals(
        ("disc_area", "pressure_factor", "specific_tension", "body_mass", "cost_exponent", "q"),
        drawn,
        {name: value * drawn[:, 3] for name, value in answers.items()},
        {},
    )
    ds = sampled.beside(board(list(targets().values()), answers, uses()))
    ds = ds.assign_attrs(pressures.attrs, targets="validation.csv", mode="full", draws=16)
    turned = np.array(MOMENTS) * np.ones((4, 1))
    curves = Curves(turned[:, :, None] * np.ones(5), turned, np.ones((4, len(MOMENTS), 5, 2)))
    lines = pass_line(ds, agreement(pressures), curves, banded=False)
    others = peer_table(list(peers().values()), ds, answers)
    known = {name: value for name, value in answers.items() if name in targets()}
    softer = Parameter("stiffness of a trunk", "factor", 0.5, 1.0, 30.0, "spinesim2026")
    apart = between(
        list(targets().values()), known, {softer: {"trk_stf_20": (0.5, 30.0)}},
        lambda moved: pass_line(
            board(list(targets().values()), moved, uses()),
            agreement(with_answers(pressures, moved)), curves, banded=False,
        ),
    )  # fmt: skip
    return Validation(ds, scores(ds), lines, others, pressures, curves, sampled, apart)


def test_the_page_holds_every_figure_and_needs_nothing_else(found, tmp_path):
    page = write(found, tmp_path).read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["validation.html"]
    assert re.findall(r'<figure id="(\w+)">', page) == list(CAPTIONS)
    assert not re.search(r'(src|href)="(?!data:)', page) and not re.search(
        r"\bnan\b", re.sub(r'"data:[^"]*"', "", page)
    )
    headings = ("Pass line", "What stands between", "Scores by category", "Every row", "Other models")
    for heading in (*headings, "Not answered"):
        assert f"<h2>{heading}</h2>" in page


def test_the_driver_of_an_answer_is_the_parameter_that_it_follows(found):
    at = found.board.sel(row="idp_w_stand")
    assert at.driver == "body_mass" and float(at.driver_correlation) > 0.99
    assert float(at.low) < float(at.answer) < float(at.high)


def test_people_read_what_was_met_and_what_has_no_answer(found):
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(scoreboard(found))
    text = " ".join(console.export_text().split())
    assert re.search(r"Pass line: \d+ of 22 met", text) and "never" in text and " nan" not in text
    assert "a body has no age: ll_age_slope" in text
    assert re.search(r"trk_stf_20 .*stiffness of a trunk 0.5 to 30 .*, within", text)


def test_machines_get_one_dataset(found):
    tree = json.loads(as_json(found.to_dataset()))
    assert set(tree["dims"]) >= {"row", "category", "kind", "line", "peer", "parameter", "missed", "varied"}
    assert len(tree["data_vars"]["answer"]["data"]) == len(targets())


def test_a_table_of_one_row_says_where_there_is_no_answer(found, tmp_path):
    """A table of one's own may hold no other model and no row of a line."""
    name = "rom_y_fle_L4L5"
    drawn = {name: found.sampled.answers[name]}
    sampled = Intervals(found.sampled.parameters, found.sampled.draws, drawn, {})
    ds = sampled.beside(board([targets()[name]], {name: 7.0}, uses())).assign_attrs(found.board.attrs)
    lines = pass_line(ds, agreement(found.pressures), found.curves, banded=True)
    assert {line.met for line in lines if line.number in ("2a", "3b", "4a", "5", "6a", "6b", "9a")} == {None}
    others = peer_table([], ds, {name: 7.0})
    own = found._replace(
        board=ds, scores=scores(ds), lines=lines, peers=others, sampled=sampled, between=None
    )
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(scoreboard(own))
    assert re.search(r"segments +calibration +1 of 1", console.export_text())
    assert write(own, tmp_path).exists() and as_json(own.to_dataset())
