"""Records: structs of arrays whose units and axes are said once, beside the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import numpy as np
from jax.core import Tracer

if TYPE_CHECKING:
    from xarray import Dataset


class Record(eqx.Module):
    """A frozen pytree of arrays, one row per thing."""


def quantity(unit: str, *dims: str) -> Any:
    """A record field that carries its SI `unit` and the names of its axes."""
    return eqx.field(metadata={"unit": unit, "dims": dims})


def entry(enumeration: type[eqx.Enumeration]) -> Any:
    """A record field that is one entry of `enumeration`."""
    return eqx.field(metadata={"entries": enumeration, "dims": ()})


def static() -> Any:
    """A record field that is a name or an index, not a number to differentiate."""
    return eqx.field(static=True)


def is_concrete(record: Record) -> bool:
    """Whether every leaf holds numbers: neither traced by JAX nor a mere shape."""
    return all(
        isinstance(leaf, jax.Array | np.ndarray) and not isinstance(leaf, Tracer)
        for leaf in jax.tree.leaves(record)
    )


def to_dataset(
    record: Record, coords: Mapping[str, Sequence[str]], batch: Sequence[str] = (), **attrs: str
) -> Dataset:
    """Label every quantity of a record, and those of the records inside it as `outer.inner`.

    Args:
        record: any record whose fields say their unit and axes.
        coords: names along the axes; those of axes that do not occur are left out.
        batch: names of the leading axes that `vmap` added.
        attrs: what the dataset as a whole says of itself.

    Returns:
        A dataset with `units` and `long_name` in the attributes of every quantity. An enumeration
        becomes words, its sentences in the attributes.
    """
    import xarray as xr  # half a second that only those who ask for labels should pay

    labelled = dict(_labelled(record, tuple(batch), ""))
    used = {dim for dims, *_ in labelled.values() for dim in dims}
    named = {dim: list(names) for dim, names in coords.items() if dim in used}
    return xr.Dataset(labelled, named, attrs)


Labelled = tuple[tuple[str, ...], np.ndarray, dict[str, str]]


def _labelled(record: Record, batch: tuple[str, ...], prefix: str) -> Iterator[tuple[str, Labelled]]:
    for field in fields(record):
        value, name = getattr(record, field.name), prefix + field.name
        if isinstance(value, Record):
            yield from _labelled(value, batch, f"{name}.")
        elif "dims" in field.metadata:
            array, about = _said(field, value)
            yield name, _checked(name, (*batch, *field.metadata["dims"]), array, about)


def _said(field: Field[Any], value: Any) -> tuple[np.ndarray, dict[str, str]]:
    about = {"long_name": field.name.replace("_", " ")}
    if "entries" in field.metadata:
        enumeration = field.metadata["entries"]
        return words(enumeration, value), about | sentences(enumeration)
    return np.asarray(value), about | {"units": field.metadata["unit"]}


def _checked(name: str, dims: tuple[str, ...], array: np.ndarray, about: dict[str, str]) -> Labelled:
    if array.ndim != len(dims):
        raise ValueError(
            f"{name} has {array.ndim} axes where {len(dims)} are named ({', '.join(dims) or 'none'}): "
            'name the leading axes of a batch, as in batch=("case",)'
        )
    return dims, array, about


def words(enumeration: type[eqx.Enumeration], item: Any) -> np.ndarray:
    """Names of the entries of `enumeration` that an item, or a batch of them, stands for."""
    (index,) = jax.tree.leaves(item)
    return np.asarray(np.take(list(_entries(enumeration)), np.asarray(index)))


def sentences(enumeration: type[eqx.Enumeration]) -> dict[str, str]:
    """What each entry says, by name; those that say nothing are left out."""
    spoken = {name: enumeration[item] for name, item in _entries(enumeration).items()}
    return {name: sentence for name, sentence in spoken.items() if sentence}


def _entries(enumeration: type[eqx.Enumeration]) -> dict[str, Any]:
    """Entries of an enumeration by name; equinox keeps no public list of them."""
    return enumeration._name_to_item
