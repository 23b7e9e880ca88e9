"""The calibration of passive tissue: factors on the published numbers of discs, ligaments and facets.

Each row of the table `tissue_fit` names a field of a tissue, the levels and the part it holds for (an axis, a
ligament, or all) and the factor found by `spinesim.calibration.tissue`, with the range it was kept in.
"""

from dataclasses import replace
from functools import cache
from typing import TypeVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.models.anatomy import AXES, LEVELS, LIGAMENTS, Discs, Facets, Ligaments
from spinesim.models.tables import load

Tissues = tuple[Discs, Ligaments, Facets]
Tissue = TypeVar("Tissue", Discs, Ligaments, Facets)
Factors = Float[Array, "row"] | Float[np.ndarray, "row"]
#: What the parts of a tissue's fields are called.
PARTS = {"discs": AXES, "ligaments": LIGAMENTS, "facets": ("all",)}


def fitted(tissues: Tissues) -> Tissues:
    """Published tissues with the factors of the table."""
    return scaled(tissues, load("tissue_fit").numbers("factor"))


def scaled(tissues: Tissues, factor: Factors) -> Tissues:
    """Tissues with every field multiplied by its factors, one for each row of the table."""
    discs, ligaments, facets = tissues
    return (
        _scaled("discs", discs, factor),
        _scaled("ligaments", ligaments, factor),
        _scaled("facets", facets, factor),
    )


def _scaled(name: str, tissue: Tissue, factor: Factors) -> Tissue:
    reach = _reach(name)
    return replace(tissue, **{field: _times(tissue, field, reach[field], factor) for field in reach})


def _times(
    tissue: Discs | Ligaments | Facets,
    field: str,
    where: Float[np.ndarray, "row level part"],
    factor: Factors,
) -> Float[Array, "level *rest"]:
    value = getattr(tissue, field)
    grid = jnp.exp(jnp.tensordot(jnp.log(factor), where, axes=1))
    if isinstance(tissue, Ligaments):
        return value * grid[:, np.array([LIGAMENTS.index(name) for name in tissue.ligament])]
    whole = value.ndim == 1 or value.shape[1] != grid.shape[1]  # one factor for all parts of a level
    return value * (grid[:, :1].reshape(-1, *[1] * (value.ndim - 1)) if whole else grid)


@cache
def _reach(tissue: str) -> dict[str, Float[np.ndarray, "row level part"]]:
    """For every fitted field of a tissue, which levels and parts each row of the table holds for."""
    table = load("tissue_fit")
    reach: dict[str, np.ndarray] = {}
    rows = zip(*(table.words(name) for name in ("tissue", "field", "level", "part")), strict=True)
    for row, (owner, field, levels, part) in enumerate(rows):
        if owner == tissue:
            blank = np.zeros((len(table), len(LEVELS), len(PARTS[tissue])))
            grid = reach.setdefault(field, blank)
            grid[row] = np.outer(_chosen(levels, LEVELS), _chosen(part, PARTS[tissue]))
    return reach


def _chosen(words: str, names: tuple[str, ...]) -> Float[np.ndarray, "name"]:
    """1 for every name among `words`, apart by `;`; `all` stands for every name."""
    return np.array([words == "all" or name in words.split(";") for name in names], float)
