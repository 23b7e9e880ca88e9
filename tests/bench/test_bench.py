"""What is timed is right, contestants take turns, and results come back from their file."""

from pathlib import Path

import jax
import numpy as np
import pytest

from spinesim.bench import peers
from spinesim.bench.sharing import cost, problems, share
from spinesim.bench.timing import Contestant, absent, race
from spinesim.io.benchmark import dataset, load, save
from spinesim.results.bench import markdown
from spinesim.solvers.recruitment import Effort


@pytest.fixture(scope="module")
def sharing():
    return problems(7, 8)


@pytest.mark.peers
def test_engines_find_the_same_cost(sharing):
    """All but CasADi's, which cannot share a process with OpenSim (tests/peers asks it in one of its own)."""
    power, objective = 2, Effort(2)
    ours = np.asarray(jax.jit(jax.vmap(lambda one: share(one, objective)))(sharing))
    for name, (make, powers) in peers.ENGINES.items():
        if power in powers and "CasADi" not in name:
            answer = make()
            for index in (0, len(ours) - 1):
                one = jax.tree.map(lambda leaf, at=index: np.asarray(leaf[at]), sharing)
                gap = cost(one, answer(one, power), objective) / cost(one, ours[index], objective) - 1
                assert -1e-9 < gap < 1e-5


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
    path.write_text("{")
    with pytest.raises(ValueError, match=r"not a benchmark that `spinesim bench"):
        load(path)


def test_the_readme_shows_the_committed_results():
    root = Path(__file__).parents[2]
    block = (root / "README.md").read_text().split("<!-- bench -->\n")[1].split("<!-- /bench -->")[0]
    assert block == markdown(load(root / "benchmarks" / "results" / "bench.json")) + "\n"
