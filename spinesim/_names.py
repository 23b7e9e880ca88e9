"""What a person typed, checked: names against those that exist, numbers against their range."""

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path


def choose(kind: str, name: str, valid: Iterable[str], where: str = "") -> str:
    """`name`, if it is one of `valid`; otherwise an error that says which `kind` and the nearest names.

    `where` (a file and line) opens the error.
    """
    options = list(valid)
    if name in options:
        return name
    place = f"{where}: " if where else ""
    raise ValueError(f"{place}unknown {kind} {name!r}{_meant(_near(str(name), options) or options[:3])}")


def missing(path: Path) -> str:
    """Which file or folder of a path is not there, and the nearest names that are."""
    gone = next((part for part in reversed(path.parents) if not part.exists()), path)
    folder = gone.parent
    near = _near(gone.name, os.listdir(folder)) if os.access(folder, os.R_OK) else []
    kind = "file" if gone == path else "folder"
    return f"no {kind} {str(gone)!r}{_meant([str(folder / name) for name in near])}"


def _near(name: str, options: Sequence[str]) -> list[str]:
    return get_close_matches(name, options, n=3, cutoff=0.4)


def _meant(near: Sequence[str]) -> str:
    return f": did you mean {' or '.join(map(repr, near))}?" if near else ""


def within(name: str, value: float | int, low: float | int, high: float | int) -> float:
    """`value` as a float, if it lies in [low, high] (NaN does not); otherwise an error with the range."""
    try:
        inside = bool(low <= value <= high)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be one number, not {value!r}") from None
    if not inside:
        raise ValueError(f"{name} must lie between {low:g} and {high:g}, not {value:g}")
    return float(value)


def integer(name: str, value: float | int, low: int, high: int) -> int:
    """`value` as an integer, if it is one in [low, high]; otherwise an error."""
    if not within(name, value, low, high).is_integer():
        raise ValueError(f"{name} must be a whole number, not {value:g}")
    return int(value)


def several(name: str, value: object) -> None:
    """An error where one word or thing is given for a list of them: a word is a list of letters."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError(f"{name} must be a list, not {_given(value)}")


def of_kind(name: str, value: object, kind: type, made: str) -> None:
    """An error that says how one is `made`, unless `value` is of the `kind` that `name` must be."""
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be a {kind.__name__}, as from {made}, not {_given(value)}")


def _given(value: object) -> str:
    return repr(value) if isinstance(value, str) else f"one {type(value).__name__}"
