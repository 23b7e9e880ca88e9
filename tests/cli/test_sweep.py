"""`spinesim sweep` and `init`: studies that run, mistakes in one line, and work that outlives a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from spinesim.cli.app import main
from spinesim.io import store
from spinesim.sweeps import local

STUDY = """
severities = [0, 0.2, 0.4, 0.6, 0.8, 1]
outputs = ["disc_compression"]
tasks = ["standing", "hold_close", "sitting", "bent_forward"]
imbalances = ["lower_crossed", "inhibited_multifidus"]
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(words):
    """Exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    return ended.value.code


@pytest.mark.usefixtures("here")
def test_the_template_runs_as_it_is(capsys):
    assert ran("init") == 0 and "spinesim sweep study.toml" in capsys.readouterr().out
    assert ran("sweep study.toml -o study.nc") == 0
    said = capsys.readouterr().out
    assert "12 cases: 12 converged" in said and said.count("right_hip") == said.count("crate") == 6
    ds = store.read(Path("study.nc"))
    assert ds.sizes["severity"] == 3 and "disc_compression" in ds and "[[bodies]]" in ds.attrs["asked"]


def test_scenarios_are_listed_with_their_evidence(capsys):
    assert ran("scenarios --json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"name": "stoop_lift", "evidence": "B"}.items() <= rows[-1].items() and len(rows) == 9


@pytest.mark.usefixtures("here")
def test_a_file_that_is_there_is_not_overwritten(capsys):
    assert ran("init mine.toml") == 0
    assert ran("init mine.toml") == 2 and "mine.toml is there already" in capsys.readouterr().err
    assert ran("init mine.toml --force") == 0


def test_json_is_the_dataset_and_a_failed_case_shows_in_the_exit_code(here, capsys):
    text = "[[tasks]]\nposture = 'flexed'\nhand_load_kg = 200\n[[tasks]]\ntask = 'standing'\n"
    (here / "heavy.toml").write_text(text)
    assert ran("sweep heavy.toml -o heavy.nc --json") == 3
    ds = xr.Dataset.from_dict(json.loads(capsys.readouterr().out))
    assert ds.status.squeeze().values.tolist() == ["overloaded", "converged"]
    assert {path.name for path in here.iterdir()} == {"heavy.toml", "heavy.nc"}


@pytest.mark.parametrize(
    ("text", "words", "complaint"),
    [
        (
            "tasks = ['standin']",
            "sweep study.toml -o out.nc",
            "study.toml, line 1: tasks: unknown task 'standin'",
        ),
        ("tasks = ['standing']", "sweep study.toml -o out.nc --memory-gb 0", "memory_gb must lie between"),
        ("tasks = ['standing']", "sweep study.toml -o none/out.nc", "none"),
        ("", "sweep missing.toml -o out.nc", "missing.toml"),
        ("", "sweep study.toml -o out.nc", "only a scenario has its own"),
        ("", "init none/study.toml", "none"),
    ],
)
def test_a_mistake_is_one_line(here, text, words, complaint, capsys):
    (here / "study.toml").write_text(text)
    assert ran(words) == 2
    out, err = capsys.readouterr()
    assert not out and complaint in err and len(err.splitlines()) == 1
    assert [path.name for path in here.iterdir()] == ["study.toml"]


@pytest.mark.slow  # a process that compiles, to be killed
def test_a_killed_sweep_goes_on_where_it_was(here, monkeypatch, capsys):
    """48 cases in chunks of 16: whatever is finished at the kill is kept, and nothing is solved twice."""
    (here / "study.toml").write_text(STUDY)
    chunks = "--memory-gb 0.032"
    command = f"{sys.executable} -m spinesim sweep study.toml -o killed.nc {chunks}".split()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (done := list(here.glob("killed.nc.parts/*/0*.npz"))):
        assert process.poll() is None
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = list(here.glob("killed.nc.parts/*/0*.npz"))
    assert 1 <= len(done) <= 3 and not (here / "killed.nc").exists()
    solved = []
    solve_rows = local.solve_rows
    monkeypatch.setattr(local, "solve_rows", lambda *given: solved.append(given[1]) or solve_rows(*given))
    assert ran(f"sweep study.toml -o killed.nc {chunks}") == 0
    assert len(solved) == 3 - len(done)
    assert ran(f"sweep study.toml -o whole.nc {chunks}") == 0 and len(solved) == 6 - len(done)
    killed, whole = store.read(Path("killed.nc")), store.read(Path("whole.nc"))
    np.testing.assert_allclose(killed.disc_compression, whole.disc_compression, rtol=1e-10)
    assert not list(here.glob("*.parts"))
