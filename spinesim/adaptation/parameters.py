"""The parameters of the slow laws: a value, a range, the evidence and the source of each."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from zlib import crc32

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._names import choose, within
from spinesim.models import tables

FOLDER = Path(__file__).with_name("tables")
#: Evidence: A trials, B cohorts or laboratory, C animals or reasoning, D assumption.
EVIDENCE = ("A", "B", "C", "D")
#: Numbers by name, each scalar or with the axes of a cohort.
Parameters = dict[str, Float[Array, "..."]]


@cache
def table() -> tables.Table:
    """The rows as they stand in the file."""
    return tables.read(FOLDER / "parameters.csv")


def parameters(**changed: float) -> Parameters:
    """The values of the table; keywords replace some of them, within their range.

    Example:
        >>> parameters(central_time=60.0)
    """
    rows = table()
    values = dict(zip(rows.names("name"), rows.numbers("value"), strict=True))
    ranges = {name: ends for name, ends in zip(rows.names("name"), rows.numbers("low", "high"), strict=True)}
    for name, value in changed.items():
        low, high = ranges[choose("parameter", name, values)]
        values[name] = within(name, value, float(low), float(high))
    return {name: jnp.asarray(value) for name, value in values.items()}


def drawn(count: int, seed: int) -> Parameters:
    """`count` draws of all parameters: normal about the value, 95 % within the range, cut off at its ends.

    Ranges of a table are judgements about one number at a time; they are drawn independently, each by its
    name, so that a new row leaves the luck of the others.
    """
    rows = table()
    names, value = rows.names("name"), rows.numbers("value")
    low, high = rows.numbers("low", "high").T
    luck = (np.random.default_rng([seed, crc32(name.encode())]) for name in names)
    noise = np.stack([rng.standard_normal(count) for rng in luck], axis=1)
    spread = np.where(noise > 0, high - value, value - low) / 1.96
    values = np.clip(value + noise * spread, low, high)
    return {name: jnp.asarray(values[:, i]) for i, name in enumerate(names)}


def person_of(draws: Mapping[str, Array], index: int) -> Parameters:
    """One draw."""
    return jax.tree.map(lambda leaf: leaf[index], dict(draws))
