"""The table of measurements says where it is broken, its bands hold its values, its keys resolve."""

import csv
import re

import pytest

from spinesim.models import tables
from spinesim.validation.targets import FOLDER, TABLE, peers, read, targets, uses

HEADER, *ROWS = TABLE.read_text("utf-8").splitlines()
ROW = next(row for row in ROWS if row.startswith("rom_y_fle_L4L5"))


def changed(column, word):
    """The row with one cell changed."""
    cells = dict(zip(HEADER.split(","), next(csv.reader([ROW])), strict=True)) | {column: word}
    return ",".join(f'"{cell}"' for cell in cells.values())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER, ROW, ROW], "line 3: id 'rom_y_fle_L4L5' occurs twice"),
        ([HEADER, changed("value", "one")], "line 2: value must be a finite number, not 'one'"),
        ([HEADER, changed("accept_low", "")], "line 2: accept_low must be a finite number, not ''"),
        ([HEADER, changed("unit", "degrees")], "line 2: unknown unit 'degrees': did you mean 'deg'"),
        ([HEADER, changed("level", "L4-L5")], "line 2: unknown level 'L4-L5': did you mean 'L4L5'"),
        ([HEADER, changed("role", "goal")], "line 2: unknown role 'goal'"),
        ([HEADER, changed("accept_low", "20")], "line 2: accept_low lies above accept_high"),
        ([HEADER, ROW.rsplit(",", 3)[0]], "line 2: needs 25 cells"),
        ([HEADER.replace("unit", "units"), ROW], "line 1: no column 'unit'"),
    ],
)
def test_a_broken_table_says_where(tmp_path, lines, message):
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read(path)


def test_every_band_holds_its_value():
    assert len(targets()) == 163 and len(peers()) == 15
    assert all(row.accepts(row.value) for row in targets().values()), TABLE
    assert not any(row.accepts(row.accept_high + 1e-6) for row in targets().values())


def test_every_source_is_listed():
    books = [path.read_text("utf-8") for path in (tables.FOLDER / "sources.bib", FOLDER / "sources.bib")]
    keys = {key for book in books for key in re.findall(r"^@\w+\{(\w+),$", book, re.MULTILINE)}
    assert {row.source_key for row in read(TABLE).values()} <= keys
    for name in ("postures", "sampled"):
        cells = tables.read(FOLDER / f"{name}.csv").words("source")
        assert {key for cell in cells for key in cell.split(";")} <= keys


def test_what_a_row_was_used_for_is_said_of_rows_that_exist():
    assert set(uses()) <= set(targets())
    assert {use.use for use in uses().values()} == {"fitted", "informed", "unanswered"}
    assert all(use.reason for use in uses().values())
