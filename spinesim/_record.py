"""Records: structs of arrays whose units and axes are said once, beside the field."""

from typing import Any

import equinox as eqx


class Record(eqx.Module):
    """A frozen pytree of arrays, one row per thing."""


def quantity(unit: str, *dims: str) -> Any:
    """A record field that carries its SI `unit` and the names of its axes."""
    return eqx.field(metadata={"unit": unit, "dims": dims})


def static() -> Any:
    """A record field that is a name or an index, not a number to differentiate."""
    return eqx.field(static=True)
