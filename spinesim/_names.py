"""What a person typed, checked: names against those that exist, numbers against their range."""

from collections.abc import Iterable
from difflib import get_close_matches


def choose(kind: str, name: str, valid: Iterable[str], where: str = "") -> str:
    """`name`, if it is one of `valid`; otherwise an error that says which `kind` and the nearest names.

    `where` (a file and line) opens the error.
    """
    options = list(valid)
    if name in options:
        return name
    near = get_close_matches(name, options, n=3, cutoff=0.4) or options[:3]
    place = f"{where}: " if where else ""
    raise ValueError(f"{place}unknown {kind} {name!r}: did you mean {' or '.join(map(repr, near))}?")


def within(name: str, value: float | int, low: float | int, high: float | int) -> float:
    """`value` as a float, if it lies in [low, high] (NaN does not); otherwise an error with the range."""
    if not low <= value <= high:
        raise ValueError(f"{name} must lie between {low:g} and {high:g}, not {value:g}")
    return float(value)
