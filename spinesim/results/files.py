"""Datasets as text."""

import json
import math
from typing import Any

from xarray import Dataset


def as_json(ds: Dataset) -> str:
    """A dataset in the layout of `xarray.Dataset.to_dict`; what is not finite becomes null."""
    return json.dumps(_finite(ds.to_dict()), allow_nan=False)


def _finite(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _finite(branch) for key, branch in tree.items()}
    if isinstance(tree, list | tuple):
        return [_finite(branch) for branch in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree
