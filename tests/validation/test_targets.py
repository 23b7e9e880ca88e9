"""The table of measurements says where it is broken, and its bands hold its values."""

import pytest

from spinesim.validation.targets import TABLE, read, targets

HEADER = "id,category,quantity,unit,role,confidence,source_key,value,accept_low,accept_high\n"
ROW = "a,3_fsu,angle,deg,target,A,key,1,0,2\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + ROW + ROW, "line 3: id 'a' occurs twice"),
        (HEADER + ROW.replace(",1,", ",one,"), "line 2: value must be a finite number, not 'one'"),
        (HEADER.replace("unit,", ""), "line 1: no column 'unit'"),
    ],
)
def test_a_broken_table_says_where(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read(path)


def test_every_band_holds_its_value():
    assert len(targets()) == 54
    assert all(row.accepts(row.value) for row in targets().values()), TABLE
    assert not any(row.accepts(row.accept_high + 1e-6) for row in targets().values())
