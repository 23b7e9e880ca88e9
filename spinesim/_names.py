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
    raise ValueError(f"{place}unknown {kind} {name!r}{_meant(_near(name, options) or options[:3])}")


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
    if not low <= value <= high:
        raise ValueError(f"{name} must lie between {low:g} and {high:g}, not {value:g}")
    return float(value)
