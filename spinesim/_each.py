"""Many cases of one function: the shape of a batch that suits the machine."""

from collections.abc import Callable
from typing import TypeVar

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

T = TypeVar("T")
Result = TypeVar("Result")


def each(function: Callable[[T], Result], cases: T) -> Result:
    """`function` of every case of a stacked tree, results stacked.

    One after the other on a processor, which has no lanes to fill: there a `vmap` of loops makes every case
    wait for the slowest. Side by side elsewhere.
    """
    mapped = jax.lax.map if jax.default_backend() == "cpu" else lambda one, many: jax.vmap(one)(many)
    return mapped(function, cases)


def spread(function: Callable[[T], Result], cases: T) -> Result:
    """`each`, the cases shared out among all devices of this machine where they can be shared evenly.

    The cores of a processor count as devices (`_jax.set_defaults`): threads within one program gain nothing
    where every operation is small.
    """
    devices, count = jax.local_devices(), jax.tree.leaves(cases)[0].shape[0]
    if len(devices) == 1 or count % len(devices):
        return each(function, cases)
    mesh, share = Mesh(np.array(devices), ("case",)), PartitionSpec("case")
    parts = jax.shard_map(
        lambda part: each(function, part), mesh=mesh, in_specs=(share,), out_specs=share, check_vma=False
    )
    return parts(cases)
