"""Sums of rows by owner without a scatter, which XLA's code for processors does one row at a time."""

from collections.abc import Sequence
from functools import reduce
from operator import add

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

_DEPTH = 16  # rows of an owner that are added in one go


def sums(
    rows: Float[Array, "row n"], owner: Sequence[int] | Int[np.ndarray, "row"]
) -> Float[Array, "owner n"]:
    """Sum of the rows of every owner 0, 1, ..., each of which has at least one."""
    order = np.argsort(owner, kind="stable")
    owner = np.asarray(owner)[order]
    nth = (np.arange(len(owner)) - np.searchsorted(owner, owner)) % _DEPTH
    head = np.flatnonzero(nth == 0)  # of every run of up to _DEPTH rows
    total = _add_runs(rows, order, head, np.diff(head, append=len(owner)))
    return total if len(head) == owner[-1] + 1 else sums(total, owner[head])


def _add_runs(
    rows: Float[Array, "row n"], order: np.ndarray, head: np.ndarray, length: np.ndarray
) -> Float[Array, "run n"]:
    """Sum of every run of `rows[order]`."""
    if length.max() * len(length) < 2 * len(order):  # runs of a kind: filled up with nothing, added in one go
        nth = np.arange(length.max())[:, None]
        which = np.where(nth < length, order[np.minimum(head + nth, len(order) - 1)], len(rows))
        # XLA makes a call of `jnp.sum` here, which takes five times as long.
        return reduce(add, jnp.pad(rows, ((0, 1), (0, 0)))[which])
    # All first rows, then the second ones of those that have two, ...
    longest = np.argsort(-length, kind="stable")
    start, total = head[longest], jnp.zeros((len(head), rows.shape[1]), rows.dtype)
    for step in range(length.max()):
        going = int(np.sum(length > step))
        total += jnp.pad(rows[order[start[:going] + step]], ((0, len(head) - going), (0, 0)))
    return total[np.argsort(longest)]
