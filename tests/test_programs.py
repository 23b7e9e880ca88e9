"""Programs that outlive the process, with small functions in place of a solve."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spinesim._programs import kept
from spinesim.solvers.newton import Newton
from spinesim.solvers.solution import Status

X = np.arange(3.0)


@pytest.fixture
def folder(tmp_path):
    """A fresh cache folder, the only one in use."""
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    yield tmp_path / "spinesim"
    jax.config.update("jax_compilation_cache_dir", before)


class Counted:
    """A function that counts how often it is traced; `fresh` is what the next process would have."""

    def __init__(self):
        self.traced = 0

    def fresh(self):
        def double(x, *, method=None, shift=0.0):
            self.traced += 1
            steps = 0 if method is None else method.max_steps
            return {"twice": 2 * x + shift, "sum": jnp.sum(x) + steps}

        return kept(double)


@pytest.fixture
def counted():
    return Counted()


def test_the_next_process_reads_what_this_one_traced(folder, counted):
    first = counted.fresh()(X)
    again = counted.fresh()(X)
    assert counted.traced == 1 and len(list(folder.iterdir())) == 1
    np.testing.assert_array_equal(again["twice"], first["twice"])
    assert again["sum"] == first["sum"] == 3.0


def test_the_same_process_asks_neither_tracer_nor_disk(folder, counted):
    function = counted.fresh()
    function(X)
    for path in folder.iterdir():
        path.unlink()
    np.testing.assert_array_equal(function(X + 1)["twice"], 2 * X + 2)
    assert counted.traced == 1 and not list(folder.iterdir())


@pytest.mark.filterwarnings("default")
def test_what_a_program_left_is_compiled_for_no_second_time(folder, counted, caplog):
    """Results are bound to their device, numbers from elsewhere are not."""
    function = counted.fresh()
    with jax.log_compiles():
        last = function(function(X)["twice"])
    np.testing.assert_array_equal(last["twice"], 4 * X)
    assert sum("XLA compilation of jit(call)" in line for line in caplog.messages) == 1


@pytest.mark.parametrize("damage", [b"", b"no pickle", b"\x80\x04K\x01."])
def test_a_damaged_program_is_made_anew(folder, counted, damage):
    counted.fresh()(X)
    (path,) = folder.iterdir()
    path.write_bytes(damage)
    np.testing.assert_array_equal(counted.fresh()(X)["twice"], 2 * X)
    assert counted.traced == 2 and path.read_bytes() != damage


def test_other_shapes_and_settings_are_other_programs(folder, counted):
    function = counted.fresh()
    function(X), function(X[:2]), function(X.astype(np.float32)), function(X, method=Newton(max_steps=7))
    assert function(X, method=Newton(max_steps=7))["sum"] == 10.0
    assert counted.traced == len(list(folder.iterdir())) == 4


def test_numbers_alone_trace_nothing(folder, counted):
    function = counted.fresh()
    for shift in (jnp.asarray(0.0), jnp.asarray(1.0)):
        np.testing.assert_array_equal(function(X, shift=shift)["twice"], 2 * X + shift)
    assert counted.traced == 1


def test_a_users_own_class_is_never_read_back(folder, counted):
    class Mine(eqx.Module):
        max_steps: int = eqx.field(static=True, default=1)

    assert counted.fresh()(X, method=Mine())["sum"] == 4.0
    assert not folder.exists()


def test_a_status_is_no_users_class_but_for_its_words(folder):
    """A solution carries one into `stability`."""

    class Mine(eqx.Enumeration):
        well = "As ever."

    def twice(x, status):
        return 2 * x, status

    for status in (Status.converged, Status.overloaded, Mine.well):
        doubled, same = kept(twice)(X, status)
        np.testing.assert_array_equal(doubled, 2 * X)
        assert same == status
        assert len(list(folder.iterdir())) == 1


def test_transformations_go_through_it(folder, counted):
    function = counted.fresh()
    slope = jax.grad(lambda x: jnp.sum(function(x)["twice"]))(jnp.asarray(X))
    np.testing.assert_array_equal(slope, np.full(3, 2.0))
    rows = jax.vmap(lambda x: function(x)["sum"])(jnp.stack([X, X + 1]))
    np.testing.assert_array_equal(rows, [3.0, 6.0])
    assert not folder.exists()


def test_without_a_cache_it_is_a_plain_jit(counted):
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    try:
        np.testing.assert_array_equal(counted.fresh()(X)["twice"], 2 * X)
    finally:
        jax.config.update("jax_compilation_cache_dir", before)
