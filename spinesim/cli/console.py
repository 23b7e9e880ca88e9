"""What commands share: users' mistakes, options nobody declared, a sign of life, results printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spinesim._files import writable
from spinesim._names import choose, missing

if TYPE_CHECKING:
    from rich.console import RenderableType
    from xarray import Dataset

#: A number, a (right, left) pair or a word, as the scenarios take them.
Value = float | str | tuple[float, ...]


class Mistake(Exception):
    """What the user asked for cannot be had; the message says why."""


@contextmanager
def users_words() -> Iterator[None]:
    """While the user's words are turned into records and files, an error is the user's."""
    try:
        yield
    except FileNotFoundError as error:
        raise Mistake(missing(Path(error.filename)) if error.filename else str(error)) from error
    except IsADirectoryError as error:
        raise Mistake(f"{error.filename!r} is a folder, not a file") from error
    except (FileExistsError, NotADirectoryError) as error:
        path = Path(error.filename)
        file = next(part for part in (*reversed(path.parents), path) if part.is_file())
        raise Mistake(f"{str(file)!r} is a file, not a folder") from error
    except (ValueError, OSError) as error:
        raise Mistake(" ".join(str(error).split())) from error


def picture(path: Path | None) -> Path | None:
    """Where a figure is to be drawn; a place or a suffix that will not do is told before the work."""
    if path is not None:
        from matplotlib.backend_bases import FigureCanvasBase

        known = [f".{suffix}" for suffix in FigureCanvasBase.get_supported_filetypes()]
        with users_words():
            choose("kind of figure", path.suffix.lower(), dict.fromkeys([".png", ".pdf", ".svg", *known]))
            writable(path)
    return path


def numbers(arguments: Sequence[str], known: Sequence[str]) -> dict[str, Value]:
    """Options given as `--trunk-flexion-deg 30` or `--trunk-flexion-deg=30`, by name."""
    found: dict[str, Value] = {}
    rest = list(arguments)
    while rest:
        option, equals, text = rest.pop(0).partition("=")
        options = [f"--{name.replace('_', '-')}" for name in known]
        name = known[options.index(choose("option", option, options))]
        if not equals and not rest:
            raise ValueError(f"{option} needs a value")
        found[name] = value(text if equals else rest.pop(0))
    return found


def value(text: str) -> Value:
    """A number, a pair as `20,0` (right, left), or a word."""
    try:
        given = tuple(float(part) for part in text.split(","))
    except ValueError:
        return text
    return given[0] if len(given) == 1 else given


@contextmanager
def waiting(for_what: str) -> Iterator[None]:
    """A spinner on stderr, where that is a terminal."""
    from rich.console import Console

    with Console(stderr=True).status(for_what):
        yield


def show(renderable: RenderableType) -> None:
    """Print for people, as wide as the terminal or the place the output goes."""
    from rich.console import Console

    Console(markup=False).print(renderable)  # units stand in brackets


def show_json(ds: Dataset) -> None:
    """Print a dataset in xarray's `to_dict` layout, and nothing else."""
    from spinesim.results.files import as_json

    print(as_json(ds))
