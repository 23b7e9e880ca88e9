"""How spinesim runs JAX unless the user says otherwise: in float64, on all cores, keeping what it compiled.

A setting goes through the environment as long as JAX is not loaded, so that importing spinesim does not
load it: `spinesim --help` need not wait for a compiler.
"""

import os
import sys
from importlib.metadata import version

from platformdirs import user_cache_path

#: Options of `jax.jit` for programs that run a few times: optimising their machine code would take minutes.
QUICK_COMPILE = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
#: Options for a program that is wanted at once: without XLA's newer code for fused loops it is compiled
#: in two thirds of the time and runs a tenth slower. Not every version has the option.
AT_ONCE = {"xla_cpu_use_fusion_emitters": False} if version("jaxlib").startswith("0.10.") else {}


def set_defaults() -> None:
    """float64, compiled programs kept in the user's cache folder, a device for every core.

    `JAX_ENABLE_X64`, `JAX_COMPILATION_CACHE_DIR`, `JAX_ENABLE_COMPILATION_CACHE=0`,
    `JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS` and `JAX_NUM_CPU_DEVICES` overrule this.
    """
    if "JAX_ENABLE_X64" not in os.environ:
        _set("jax_enable_x64", True)
    folder = user_cache_path("spinesim") / "jax"
    ours = not _has_cache() and _writable(folder)
    if ours:
        _set("jax_compilation_cache_dir", str(folder))
    said = "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" in os.environ
    if not said and (ours or "JAX_COMPILATION_CACHE_DIR" in os.environ):
        # Making a task runs dozens of small programs; together they take a second to compile.
        _set("jax_persistent_cache_min_compile_time_secs", 0)
    flags = os.environ.get("XLA_FLAGS", "")
    if "JAX_NUM_CPU_DEVICES" not in os.environ and "host_platform_device_count" not in flags:
        _use_all_cores()


def _use_all_cores() -> None:
    """Every core as a device of its own, over which batches are spread (`_each.spread`).

    Each device takes one thread that computes and one that waits for it, which is more than XLA starts.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    os.environ.setdefault("PJRT_NPROC", str(2 * cores))
    try:
        _set("jax_num_cpu_devices", cores)
    except RuntimeError:  # JAX runs already: then with as many devices as it has
        return


def _has_cache() -> bool:
    loaded = sys.modules.get("jax")
    return "JAX_COMPILATION_CACHE_DIR" in os.environ or bool(
        loaded and loaded.config.jax_compilation_cache_dir
    )


def _writable(folder: os.PathLike[str]) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _set(option: str, value: bool | int | str) -> None:
    if "jax" in sys.modules:
        sys.modules["jax"].config.update(option, value)
    else:
        os.environ[option.upper()] = str(value)
