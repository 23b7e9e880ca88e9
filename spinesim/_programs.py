"""Programs that outlive the process: traced once on a machine, then read back.

JAX keeps compiled code on disk, but finds it by a program that must be traced and lowered first, which takes
longer than all the rest of a warm start. `kept` writes the lowered program (`jax.export`) beside the compiled
one, under a name made of everything it depends on, the sources of spinesim included.
"""

import gc
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

import equinox as eqx
import jax
from jax import export
from jax.core import Tracer
from jax.sharding import NamedSharding, SingleDeviceSharding

from spinesim._each import shared_out
from spinesim._files import replacing

P = ParamSpec("P")
T = TypeVar("T")
_ROOT = Path(__file__).parent


def kept(function: Callable[P, T], compiler_options: Mapping[str, Any] | None = None) -> Callable[P, T]:
    """`eqx.filter_jit(function)`, whose programs are kept on disk and read back in the next process.

    `compiler_options` are those of `jax.jit`, as `_jax.QUICK_COMPILE`.

    Inside another transformation (a gradient, `vmap`, `jit`), away from the CPU, without JAX's compilation
    cache, for arguments on more devices than the program has or whose classes are not spinesim's own (an
    objective of the user's may change between processes) it is `eqx.filter_jit` and no more.
    """
    options = dict(compiler_options or {})
    jitted: Any = eqx.filter_jit  # its types do not know the options of `jax.jit`
    nested: Callable[P, T] = jitted(function)  # options are for whole programs
    plain: Callable[P, T] = jitted(function, compiler_options=options) if options else nested
    programs: dict[Any, _Program | None] = {}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        leaves, structure = jax.tree.flatten((args, kwargs))
        moving = [eqx.is_array(leaf) for leaf in leaves]
        arrays = [leaf for leaf, moves in zip(leaves, moving, strict=True) if moves]
        if any(isinstance(leaf, Tracer) for leaf in arrays):
            return nested(*args, **kwargs)
        folder = _folder()
        if folder is None:
            return plain(*args, **kwargs)
        still = tuple(None if moves else leaf for leaf, moves in zip(leaves, moving, strict=True))
        shapes = tuple((leaf.shape, leaf.dtype) for leaf in arrays)
        key = (structure, still, shapes)
        if key not in programs:
            own = _own((args, kwargs))
            programs[key] = _program(function, folder, key, arrays, options) if own else None
        program = programs[key]
        if program is None or (program.devices == 1 and not all(map(_on_one_device, arrays))):
            return plain(*args, **kwargs)
        return program.run(arrays)

    return call


class _Program(NamedTuple):
    """What a function does to arrays, and on how many devices."""

    devices: int
    run: Callable[[list[Any]], Any]


def _program(
    function: Callable[..., Any],
    folder: Path,
    key: tuple[Any, Any, Any],
    arrays: list[Any],
    options: dict[str, Any],
) -> _Program:
    """The program of `function` for arguments like these, from disk if it is there."""
    structure, still, shapes = key
    said = f"{function.__module__}.{function.__qualname__} {structure} {still!r} {shapes} {_versions()}"
    path = folder / f"{sha256(said.encode()).hexdigest()}.program"
    stored = _read(path)
    if stored is None:
        with _no_collecting():
            stored = _trace(function, structure, still, arrays)
        _write(path, stored)
    result, lowered = stored
    exported = export.deserialize(bytearray(lowered))
    run = _runnable(exported, options or None)
    outline = jax.tree.structure(result)
    return _Program(exported.nr_devices, lambda arrays: jax.tree.unflatten(outline, run(*arrays)))


def _runnable(program: export.Exported, options: dict[str, Any] | None) -> Callable[..., Any]:
    """A program to be called; where it is one for several devices, arrays are stacked over cases."""
    if program.nr_devices == 1:
        # The device is named, or whatever an earlier program left there would be compiled for anew.
        on = cache(lambda where: jax.jit(program.call, in_shardings=where, compiler_options=options))
        return lambda *arrays: on(SingleDeviceSharding(_device(arrays)))(*arrays)
    where = [shared_out(like.shape) for like in program.in_avals]
    run = jax.jit(program.call, in_shardings=tuple(where), compiler_options=options)

    def moved(leaf: Any, place: NamedSharding) -> Any:
        """What an earlier program left on one device does not move by itself."""
        stays = not isinstance(leaf, jax.Array) or not leaf.committed or not _on_one_device(leaf)
        return leaf if stays else jax.device_put(leaf, place)

    return lambda *arrays: run(*map(moved, arrays, where))


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Tracing makes millions of small objects that stay: looking for garbage is a tenth of it or more."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _trace(
    function: Callable[..., Any], structure: Any, still: tuple[Any, ...], arrays: list[Any]
) -> tuple[Any, bytes]:
    """Outline of the result, its leaves numbered, and the lowered program from arrays to those leaves."""
    outline: list[Any] = []

    def flat(*arrays: Any) -> list[Any]:
        rest = iter(arrays)
        leaves = [next(rest) if leaf is None else leaf for leaf in still]
        args, kwargs = jax.tree.unflatten(structure, leaves)
        results, shape = jax.tree.flatten(function(*args, **kwargs))
        outline.append(jax.tree.unflatten(shape, range(len(results))))
        return results

    like = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in arrays]
    lowered = export.export(jax.jit(flat))(*like).serialize()
    return outline[-1], bytes(lowered)


def _read(path: Path) -> tuple[Any, bytes] | None:
    """What `_write` wrote; None where there is nothing or it is damaged, so that it is made anew."""
    try:
        result, lowered = pickle.loads(path.read_bytes())
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError, TypeError):
        return None
    return result, lowered


def _write(path: Path, stored: tuple[Any, bytes]) -> None:
    """Keep a program; a full or read-only disk costs the next process time, not this one its answer."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            draft.write_bytes(pickle.dumps(stored))
    except OSError:
        return


def _folder() -> Path | None:
    """Where programs are kept: with those that JAX compiled."""
    folder, allowed = _settings("jax_compilation_cache_dir", "jax_enable_compilation_cache")
    if not folder or not allowed or jax.default_backend() != "cpu":
        return None
    return Path(folder) / "spinesim"


def _device(arrays: Iterable[Any]) -> Any:
    """Where arrays lie that do not move by themselves; else where the next would be made."""
    bound = (leaf for leaf in arrays if isinstance(leaf, jax.Array) and leaf.committed)
    (chosen,) = _settings("jax_default_device")
    free = chosen if isinstance(chosen, jax.Device) else jax.local_devices()[0]
    return next((device for leaf in bound for device in leaf.devices()), free)


def _on_one_device(leaf: Any) -> bool:
    return not isinstance(leaf, jax.Array) or len(leaf.devices()) == 1


def _own(tree: Any) -> bool:
    """Whether every record in a tree is of a class that the hash of the sources covers."""
    if isinstance(tree, type):  # the words that a status is one of
        return tree.__module__.partition(".")[0] in ("spinesim", "equinox")
    if isinstance(tree, eqx.Module):
        return _own(type(tree)) and all(map(_own, vars(tree).values()))
    if isinstance(tree, tuple | list):
        return all(map(_own, tree))
    if isinstance(tree, dict):
        return all(map(_own, tree.values()))
    return tree is None or eqx.is_array(tree) or isinstance(tree, bool | int | float | str)


@cache
def _versions() -> str:
    """What a program depends on besides its arguments."""
    sources = sha256()
    for path in sorted(_ROOT.rglob("*")):
        if path.suffix in {".py", ".csv"}:
            sources.update(path.read_bytes())
    settings = _settings("jax_enable_x64", "jax_default_matmul_precision")
    packages = [version(name) for name in ("jax", "jaxlib", "equinox")]
    return f"{packages} {settings} {jax.local_device_count()} {sources.hexdigest()}"


def _settings(*names: str) -> list[Any]:
    return [getattr(jax.config, name) for name in names]
