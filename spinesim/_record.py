"""Records: structs of arrays whose units and axes are said once, beside the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import numpy as np

if TYPE_CHECKING:
    from xarray import Dataset


class Record(eqx.Module):
    """A frozen pytree of arrays, one row per thing."""


def quantity(unit: str, *dims: str) -> Any:
    """A record field that carries its SI `unit` and the names of its axes."""
    return eqx.field(metadata={"unit": unit, "dims": dims})


def static() -> Any:
    """A record field that is a name or an index, not a number to differentiate."""
    return eqx.field(static=True)


def is_concrete(record: Record) -> bool:
    """Whether every leaf holds numbers: neither traced by JAX nor a mere shape."""
    leaves = jax.tree.leaves(record)
    return all(isinstance(leaf, jax.Array | np.ndarray) for leaf in leaves) and not any(
        isinstance(leaf, jax.core.Tracer) for leaf in leaves
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
        elif isinstance(value, eqx.EnumerationItem):
            yield name, _shaped(name, (batch, words(value), sentences(value)))
        elif "unit" in field.metadata:
            about = {"units": field.metadata["unit"], "long_name": field.name.replace("_", " ")}
            yield name, _shaped(name, ((*batch, *field.metadata["dims"]), np.asarray(value), about))


def _shaped(name: str, labelled: Labelled) -> Labelled:
    dims, array, _ = labelled
    if array.ndim != len(dims):
        raise ValueError(
            f"{name} has {array.ndim} axes, not {len(dims)} ({', '.join(dims) or 'none'}): "
            'name the leading axes of a batch, as in batch=("case",)'
        )
    return labelled


def words(item: eqx.EnumerationItem) -> np.ndarray:
    """Names of the entries that an enumeration item, or a batch of them, stands for."""
    (index,) = jax.tree.leaves(item)
    return np.array(list(_entries(item)))[np.asarray(index)]


def sentences(item: eqx.EnumerationItem) -> dict[str, str]:
    """What each entry of the item's enumeration says, those that say nothing left out."""
    spoken = {name: item._enumeration[entry] for name, entry in _entries(item).items()}
    return {name: sentence for name, sentence in spoken.items() if sentence}


def _entries(item: eqx.EnumerationItem) -> dict[str, eqx.EnumerationItem]:
    """Entries of an enumeration by name; equinox keeps no public list of them."""
    return item._enumeration._name_to_item
