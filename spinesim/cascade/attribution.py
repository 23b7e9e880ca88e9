"""Attribution: what each link of a chain adds, from the values of every coalition of links."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb
from typing import TypeVar

import jax
import numpy as np

#: A tree of numbers.
T = TypeVar("T")
#: A leaf of it.
Numbers = np.ndarray | np.float64 | jax.Array
#: The links that act; the others are cut, that is held as in the healthy body.
Coalition = frozenset[str]


def coalitions(links: Sequence[str]) -> list[Coalition]:
    """Every set of links, the empty one first and that of all last."""
    return [frozenset(some) for size in range(len(links) + 1) for some in combinations(links, size)]


def shapley(value: Mapping[Coalition, T], links: Sequence[str], link: str) -> T:
    """What one of `links` adds, averaged over all orders in which they can come to act.

    The values of all links add up to what all do together (Shapley 1953, A value for n-person games). Where
    one coalition has no value (NaN), neither has the average.
    """
    others = coalitions([other for other in links if other != link])
    steps = [less(value[some | {link}], value[some]) for some in others]
    weights = [1 / (len(links) * comb(len(links) - 1, len(some))) for some in others]

    def average(*each: Numbers) -> Numbers:
        return np.tensordot(weights, np.stack(each), axes=1)

    return jax.tree.map(average, *steps)


def cut(value: Mapping[Coalition, T], links: Sequence[str], link: str) -> T:
    """What is lost when one of `links` is cut while all others act."""
    every = frozenset(links)
    return less(value[every], value[every - {link}])


def less(one: T, other: T) -> T:
    """The difference of two trees."""
    return jax.tree.map(lambda a, b: np.asarray(a) - np.asarray(b), one, other)
