"""What every test shares: shapes and types checked at every call, one body, one compiled solve."""

import ctypes
import gc
import os
from collections import Counter
from importlib.metadata import version
from pathlib import Path

# Nearly every program here runs a few times only: compiling it costs more than what optimising it saves, and
# cutting it into parts for several cores, which are busy already, a tenth more.
# XLA ends the process over a flag that it does not know, hence the version.
os.environ["XLA_FLAGS"] = " ".join([
    os.environ.get("XLA_FLAGS", ""), "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true", "--xla_cpu_parallel_codegen_split_count=1",
    *["--xla_cpu_use_fusion_emitters=false"] * version("jaxlib").startswith("0.10."),
])  # fmt: skip
# Two processes of pytest share the cores already; what several devices do is tested in a process of its own.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "1")

import jax
import jaxtyping
import pytest
from jaxtyping import install_import_hook

CHECKED = (
    "_record", "_smooth", "_names", "_numbers", "models", "solvers", "scenarios", "cascade", "sweeps",
    "results", "io", "viz", "exercise", "adaptation",
)  # fmt: skip
install_import_hook([f"spinesim.{room}" for room in CHECKED], "beartype.beartype")
# Tracing makes millions of small objects that stay: looking for garbage as often as Python does took a third
# of it.
gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of a file in one process, which compiles their programs once."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # but by `pytest_collection_modifyitems`
    return LoadFileScheduling(config, log)


def pytest_collection_modifyitems(items):
    """Files with most slow tests first, so that no process is left with one at the end."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session")
def model():
    """A man of 75 kg and 1.75 m."""
    import spinesim as ss  # after the hook

    return ss.lumbar_model()


@pytest.fixture(scope="session")
def solved(model):
    """task -> its equilibrium; the solve is compiled once for all tests of a process."""
    import spinesim as ss

    return lambda task: ss.solve(model, task)


@pytest.fixture
def unchecked(monkeypatch):
    """As a user has it: a word where a number belongs is not caught by its type."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


#: Memory maps and memory [bytes] of a process beyond which compiled programs are let go. Linux grants 65,530
#: maps, XLA takes some for every program and aborts without; two processes would take 16 GB in all.
_MANY_MAPS, _MUCH = 30_000, 6e9
_SELF = Path("/proc/self")


@pytest.fixture(scope="module", autouse=True)
def _room_for_programs():
    """Let compiled programs go after a module that leaves many; the cache on disk still has them."""
    yield
    if not _SELF.exists():
        return
    maps = (_SELF / "maps").read_bytes().count(b"\n")
    memory = int((_SELF / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if maps > _MANY_MAPS or memory > _MUCH:
        jax.clear_caches()
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what the C library holds back otherwise
