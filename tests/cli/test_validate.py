"""`spinesim validate`: a table, a page, JSON; a broken table of targets in one line."""

import csv
import io
import json

import pytest

from spinesim.cli.app import main
from spinesim.validation.targets import TABLE


def test_a_broken_table_ends_in_one_line(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text(TABLE.read_text("utf-8").replace(",MPa,", ",bar,", 1), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["validate", "--quick", "--targets", str(path)])
    assert ended.value.code == 2
    said = capsys.readouterr().err.strip()
    assert "mine.csv, line 2: unknown unit 'bar'" in said and "\n" not in said


def test_a_file_that_is_not_there_ends_in_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["validate", "--targets", "none.csv"])
    assert ended.value.code == 2 and "none.csv" in capsys.readouterr().err


#: Rows that the package's table does not have: cells in the place of those of a row of its own.
MINE = {
    "lean": ("idp_w_stand_flex", {"trunk_flexion_deg": "50", "hand_load_kg": "10", "level": "L3L4"}),
    "lean_heavy": (
        "idp_w_stand_flex",
        {"trunk_flexion_deg": "50", "hand_load_kg": "10", "level": "L3L4",
         "population": "male, 95 kg, 1.85 m"},
    ),
    "sit_woman": (
        "idp_w_sit",
        {"quantity": "disc_compression", "unit": "N", "level": "L5S1", "population": "women",
         "value": "400", "accept_low": "200", "accept_high": "600"},
    ),
    "bent_5": ("rom_y_fle_L3L4", {"external_load": "M=5Nm"}),
    "bent_5_follower": ("rom_y_fle_L3L4", {"external_load": "M=5Nm;FL=600N"}),
    "side_6": ("rom_d_lb", {"external_load": "M=6Nm"}),
    "pressed": ("idp_fl1000", {"external_load": "axial=700N", "level": "L2L3"}),
    "twisted": ("rom_y_axi_L2L3", {"external_load": "M=60000Nm"}),
    "misspelt": ("idp_w_stand", {"posture": "standing_bent_foreward"}),
    "lean_in_bed": ("idp_w_supine", {"trunk_flexion_deg": "20"}),
    "spaced": ("rom_y_fle_L3L4", {"external_load": "M=5 Nm"}),
}  # fmt: skip
PINNED = {"idp_fl1000": 0.838, "idp_fl300": 0.283, "tol_bend": 25.4}


@pytest.fixture(scope="module")
def rows():
    """Rows of the package's table as dictionaries, by id."""
    with TABLE.open(newline="", encoding="utf-8") as text:
        return {row["id"]: row for row in csv.DictReader(text)}


def written(rows, path):
    """Own rows, and the pinned ones of the package, as a table."""
    own = [rows[like] | {"id": name} | cells for name, (like, cells) in MINE.items()]
    text = io.StringIO(newline="")
    out = csv.DictWriter(text, own[0])
    out.writeheader()
    out.writerows([*own, *(rows[name] for name in PINNED)])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def answered(rows, tmp_path_factory):
    """What a quick run of a table of one's own says, by row: answer, use and reason."""
    path = written(rows, tmp_path_factory.mktemp("own") / "mine.csv")
    with pytest.MonkeyPatch.context() as patched, io.StringIO() as said:
        patched.setattr("sys.stdout", said)
        with pytest.raises(SystemExit) as ended:
            main(["validate", "--quick", "--json", "--targets", str(path)])
        assert not ended.value.code
        ds = json.loads(said.getvalue())
    names, columns = ds["coords"]["row"]["data"], ds["data_vars"]
    cells = [columns[name]["data"] for name in ("answer", "use", "reason")]
    return dict(zip(names, zip(*cells, strict=True), strict=True))


@pytest.mark.slow
def test_postures_weights_and_levels_of_ones_own_are_answered(answered):
    lean, heavy, sit = (answered[name][0] for name in ("lean", "lean_heavy", "sit_woman"))
    assert 1.0 < lean < heavy < 1.15 * lean < 2.5 and 200 < sit < 600  # discs grow with the body


@pytest.mark.slow
def test_moments_and_follower_loads_of_ones_own_are_answered(answered):
    free, pressed = answered["bent_5"][0], answered["bent_5_follower"][0]
    assert 0.6 * free < pressed < free < 6.4  # of 10 N m
    assert 25 < answered["side_6"][0] < 45
    assert 0.28 < answered["pressed"][0] < 0.838  # MPa, between the rows of 300 and 1,000 N


@pytest.mark.slow
def test_what_cannot_be_asked_says_why(answered):
    assert answered["twisted"][0] is None  # nothing holds 60 kN m
    for name, reason in {
        "misspelt": "unknown posture 'standing_bent_foreward': did you mean 'standing_bent_forward'",
        "lean_in_bed": "posture 'lying_supine' takes no trunk_flexion_deg",
        "spaced": "load 'M=5 Nm' must read like 'M=7.5Nm;FL=500N'",
    }.items():
        answer, use, why = answered[name]
        assert answer is None and use == "unanswered" and reason in why


@pytest.mark.slow
def test_rows_of_the_bench_of_any_load_hold_their_answers(answered):
    for name, before in PINNED.items():
        assert answered[name][0] == pytest.approx(before, rel=0.03), name


def test_a_number_out_of_its_range_is_told_with_its_line(rows, tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text(TABLE.read_text("utf-8").replace("bent_forward,36,", "bent_forward,300,", 1), "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["validate", "--quick", "--targets", str(path)])
    said = capsys.readouterr().err.strip()
    assert (
        ended.value.code == 2 and said.endswith("not 300") and "mine.csv, line 3: trunk_flexion_deg" in said
    )
