"""What is timed is right, contestants take turns, and results come back from their file."""

import argparse
from pathlib import Path

import jax
import numpy as np
import pytest

from spinesim.bench import counting, opensim_trunk, peers, questions
from spinesim.bench.coupled import beside_opensim, drawn
from spinesim.bench.file import dataset, load, save
from spinesim.bench.sharing import cost, problems, share
from spinesim.bench.timing import Contestant, Row, absent, race
from spinesim.results.bench import markdown
from spinesim.solvers.recruitment import Effort
from spinesim.sweeps.chunks import chunk_size
from spinesim.viz.bench import figure


@pytest.fixture(scope="module")
def sharing():
    return problems(7, 8)


@pytest.mark.peers
def test_engines_find_the_same_cost(sharing):
    """All but CasADi's, which cannot share a process with OpenSim (tests/peers asks it in one of its own)."""
    power, objective = 2, Effort(2)
    ours = np.asarray(jax.jit(jax.vmap(lambda one: share(one, objective).activation))(sharing))
    for name, engine in peers.ENGINES.items():
        if power in engine.powers and "CasADi" not in name:
            answers = engine.make()(sharing, power)
            for index, answer in enumerate(answers):
                one = peers.row(sharing, index)
                gap = cost(one, answer, objective) / cost(one, ours[index], objective) - 1
                assert -1e-9 < gap < (1e-3 if name == "qpax" else 1e-5)


@pytest.mark.peers
def test_a_frame_is_timed_beside_opensim_and_held_alike():
    ours, same, peer = beside_opensim(1, True)
    assert ours.error < 1e-6 and same.error < 1e-6 and peer.error < 1e-3
    assert (ours.cases, peer.cases) == (chunk_size(1.0), 8) and peer.time > 0


def test_engines_that_are_not_there_are_listed(monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(peers, "engine", missing)
    monkeypatch.setattr(opensim_trunk, "find_spec", lambda name: None)
    rows = [*questions.sharing(2, False, 4, 1, True), *beside_opensim(1, True)]
    said = {row.solver: row.note for row in rows if not row.cases}
    assert said["qpax"] == "absent: No module named 'qpax'"
    assert set(said) == {*peers.ENGINES, "OpenSim StaticOptimization"}
    assert all(row.time > 0 for row in rows if row.cases)


def test_the_share_of_each_status_is_told():
    """Of random cases as they are drawn some are refused; the residual told is that of the answers."""
    (row,) = drawn(1, 48)
    assert "48 cases: " in row.note and " converged (" in row.note and "overloaded (" in row.note
    assert row.error < 1e-6


def test_contestants_take_turns_and_the_first_round_is_told_apart():
    turns = []

    def contestant(name, cases):
        return Contestant(lambda: turns.append(name) or name, cases, len, "letters")

    rows = race("which", {"a": contestant("a", 1), "bb": contestant("bb", 4)}, rounds=3)
    assert turns == ["a", "bb"] * 4
    assert [row.error for row in rows] == [1, 2]
    assert all(0 <= row.low <= row.time <= row.high for row in rows)


def test_a_benchmark_comes_back_from_its_file(tmp_path):
    said = "processor cores device system python_version jax_version spinesim_version date"
    about = dict.fromkeys(said.split(), "some")
    field = {name: Contestant(lambda: 0, 2, float, "gap") for name in ("spinesim", "other")}
    rows = [*race("which", field, 2), absent("which", "third", "No module named 'third'")]
    path = tmp_path / "there" / "bench.json"
    save(dataset(rows, about), path)
    again = load(path)
    np.testing.assert_allclose(again.time, [row.time for row in rows])
    table = markdown(again)
    assert "| which | other |" in table and "No module named 'third'" in table
    path.write_text("{}")
    with pytest.raises(ValueError, match="has no question"):
        load(path)
    save(dataset(rows, {}), path)
    with pytest.raises(ValueError, match="has no processor"):
        load(path)
    for broken in ("{", "[1, 2]", "3"):
        path.write_text(broken)
        with pytest.raises(ValueError, match=r"not a benchmark that `spinesim bench"):
            load(path)


def test_rows_of_one_round_have_no_quartiles():
    row = Row("which", "spinesim", 2, 1.0, 0.5, 2.0, 3.0, 0.0, "gap", "")
    rows = [row, row._replace(low=1.0, high=1.0), absent("which", "other", "gone")]
    said = "processor cores device system python_version jax_version spinesim_version date"
    table = markdown(dataset(rows, dict.fromkeys(said.split(), "some"))).splitlines()[2:5]
    assert [line.split(" | ")[3] for line in table] == ["500 ms to 2 s", "", ""]


def test_what_was_asked_is_drawn():
    """Cost against size where it was asked, by the number its rows open with, in its order."""

    def row(question, solver, cases, time):
        return Row(question, solver, cases, time, 0.9 * time, 1.2 * time, 1.0, 1e-9, "gap", "")

    with pytest.raises(ValueError, match="nothing that is drawn"):
        figure(dataset([row("fresh process", "import, cold", 1, 1.0)], {}))
    rows = [row("sharing, activation^2, easy", name, 8, 1e-3) for name in ("spinesim", "daqp")]
    assert len(figure(dataset(rows, {})).axes) == 1
    rows += [row("coupled solve", "spinesim", cases, 1e-3) for cases in (1, 64)]
    assert len(figure(dataset(rows, {})).axes) == 2
    rows += [row("coupled solve, fascicles", f"{n} fascicles", 32, n * 1e-5) for n in (314, 92)]
    *_, size = figure(dataset(rows, {})).axes
    (line,) = size.containers[0].lines[:1]
    np.testing.assert_allclose(line.get_xydata(), [[92, 0.92], [314, 3.14]])
    assert size.get_xlabel() == "fascicles of the body" and size.get_ylabel() == "time a case [ms]"


def test_the_readme_shows_the_committed_results():
    root = Path(__file__).parents[2]
    block = (root / "README.md").read_text().split("<!-- bench -->\n")[1].split("<!-- /bench -->")[0]
    assert block == markdown(load(root / "benchmarks" / "results" / "bench.json")) + "\n"


@pytest.mark.parametrize("word", ["0", "-3", "nan", "2.5", "many"])
def test_a_count_that_is_none_is_told_in_one_line(word, capsys):
    with pytest.raises(SystemExit):
        counting.parser("Counts.", seed=1, count=10).parse_args([f"--count={word}"])
    told = capsys.readouterr().err.splitlines()[-1]
    assert f"--count: must be a whole number of 1 or more, got {word}" in told


def test_sizes_of_sweeps_are_whole_severities():
    assert counting.multiple_of(256)("512") == 512
    with pytest.raises(argparse.ArgumentTypeError, match="multiple of 256"):
        counting.multiple_of(256)("100")
