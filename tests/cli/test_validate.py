"""`spinesim validate`: a table, a page, JSON; a broken table of targets in one line."""

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
