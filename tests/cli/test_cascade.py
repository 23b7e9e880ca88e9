"""`spinesim cascade`: a chart, a dataset, a picture; mistakes in one line."""

import json

import pytest
import xarray as xr

from spinesim.cli.app import main

MISTAKES = {
    "cascade tight_hips": "'tight_hip_flexors'",
    "cascade lower_crossed --severity 1.5": "severity must lie between 0 and 1, not 1.5",
    "cascade lower_crossed --task stand": "'standing'",
    "cascade lower_crossed --draws -1": "draws must lie between 0 and 10000, not -1",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_named_on_stderr(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    out, err = capsys.readouterr()
    assert ended.value.code == 2 and not out
    assert MISTAKES[words] in err and len(err.splitlines()) == 1


@pytest.mark.slow
def test_a_chain_is_printed_and_drawn(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main("cascade tight_hip_flexors --severity 0.5 --json --figure chain.png".split())
    assert ended.value.code == 0
    ds = xr.Dataset.from_dict(json.loads(capsys.readouterr().out))
    assert ds.attrs["severity"] == 0.5 and float(ds["effect.pelvic_tilt"].sum()) != 0
    assert (tmp_path / "chain.png").read_bytes().startswith(b"\x89PNG")
