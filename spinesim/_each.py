"""Many cases of one function: the shape of a batch that suits the machine."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Int

T = TypeVar("T")
Result = TypeVar("Result")


def each(function: Callable[[T], Result], cases: T) -> Result:
    """`function` of every case of a stacked tree, results stacked.

    One after the other on a processor, which has no lanes to fill: there a `vmap` of loops makes every case
    wait for the slowest. Side by side elsewhere.
    """
    mapped = jax.lax.map if _one_by_one() else lambda one, many: jax.vmap(one)(many)
    return mapped(function, cases)


def spread(function: Callable[[T], Result], cases: T, wanted: Int[Array, ""] | None = None) -> Result:
    """`each`, the cases shared out among all devices of this machine where they can be shared evenly.

    The cores of a processor count as devices (`_jax.set_defaults`): threads within one program gain nothing
    where every operation is small.

    Args:
        function: of a case.
        cases: stacked cases.
        wanted: how many of them to answer, as they are `dealt`; all by default. A processor leaves out the
            others, whose results are zeros, so that one compiled program serves any number of cases.
    """

    def part(cases: T, wanted: Int[Array, "1"] | None) -> Result:
        return _some(function, cases, None if wanted is None else wanted[0])

    devices = shares(jax.tree.leaves(cases)[0].shape[0])
    own = None if wanted is None else (wanted + devices - 1 - jnp.arange(devices)) // devices
    return by_device(part, cases, own)


def by_device(function: Callable[..., Result], cases: Any, *stacked: Any) -> Result:
    """`function` of the share of stacked `cases`, and of what is stacked likewise, that each device has."""
    if shares(jax.tree.leaves(cases)[0].shape[0]) == 1:
        return function(cases, *stacked)
    share = PartitionSpec("case")
    parts = jax.shard_map(function, mesh=_mesh(), in_specs=share, out_specs=share, check_vma=False)
    return parts(cases, *stacked)


def shared_out(shape: tuple[int, ...]) -> NamedSharding:
    """Where an array lies that is stacked over cases; what is not stacked lies on every device."""
    return NamedSharding(
        _mesh(), PartitionSpec("case") if shape and shares(shape[0]) > 1 else PartitionSpec()
    )


def _mesh() -> Mesh:
    return Mesh(np.array(jax.local_devices()), ("case",))


def shares(count: int) -> int:
    """Devices among which `count` cases are shared out."""
    devices = jax.local_device_count()
    return devices if count % devices == 0 else 1


def dealt(wanted: int, count: int) -> Int[np.ndarray, "wanted"]:
    """Places among `count` of the cases to be answered: dealt out to the devices one by one like cards.

    Cases that follow each other are often alike, so that every device gets as much work.
    """
    devices, case = shares(count), np.arange(wanted)
    return case % devices * (count // devices) + case // devices


def _some(function: Callable[[T], Result], cases: T, wanted: Int[Array, ""] | None) -> Result:
    """`each` of the first `wanted` cases."""
    if wanted is None or not _one_by_one():
        return each(function, cases)
    one: Any = jax.jit(function)  # which is traced once for its outline and for its use
    outline = jax.eval_shape(one, jax.tree.map(lambda leaf: leaf[0], cases))
    count = jax.tree.leaves(cases)[0].shape[0]
    empty = jax.tree.map(lambda leaf: jnp.zeros((count, *leaf.shape), leaf.dtype), outline)

    def answered(case: Int[Array, ""], results: Result) -> Result:
        result = one(jax.tree.map(lambda leaf: leaf[case], cases))
        return jax.tree.map(lambda every, own: every.at[case].set(own), results, result)

    return jax.lax.fori_loop(0, wanted, answered, empty)


def _one_by_one() -> bool:
    return jax.default_backend() == "cpu"
