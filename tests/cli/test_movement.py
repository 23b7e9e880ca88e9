"""`spinesim movement`: a table, a figure, JSON; mistakes in one line."""

import json

import pytest
import xarray as xr

from spinesim.cli.app import main
from spinesim.scenarios.movements import MOVEMENTS


def ran(words):
    """Exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    return ended.value.code


def test_people_get_a_table_and_a_figure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert ran("movement flexion --frames 16 --figure flexion.png") == 0
    said = capsys.readouterr().out
    assert "flexion, 16 frames: 16 converged" in said and "Flexion-relaxation:" in said
    assert [path.name for path in tmp_path.iterdir()] == ["flexion.png"]


def test_machines_get_the_dataset_and_failed_frames_show_in_the_exit_code(capsys):
    assert ran("movement stoop_lift --frames 3 --hand-load-kg 90 --json") == 3
    ds = xr.Dataset.from_dict(json.loads(capsys.readouterr().out))
    assert ds.sizes["phase"] == 3 and "overloaded" in ds.status.values


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("movement flexon", "'flexion'"),
        ("movement flexion --frames 1", "frames must lie between 2 and 1000"),
        ("movement bird_dog --side left", "unknown side 'left'"),
        ("movement flexion --figure none/flexion.png --frames 2", "none"),
    ],
)
def test_a_mistake_is_one_line(words, complaint, capsys):
    assert ran(words) == 2
    out, err = capsys.readouterr()
    assert not out and complaint in err and len(err.splitlines()) == 1


def test_help_names_every_movement(capsys):
    assert ran("movement --help") == 0
    said = capsys.readouterr().out
    assert all(name in said for name in MOVEMENTS)
