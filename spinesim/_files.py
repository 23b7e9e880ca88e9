"""Files that are never half-written, and text that says which file it is not."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place if all goes well, and vanishes if not."""
    draft = _draft(path)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def writable(path: Path) -> None:
    """Raise before the work what `replacing` would raise after it."""
    _draft(path).unlink()


def _draft(path: Path) -> Path:
    """An empty file beside `path`, as readable for others as any; errors name `path`."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    draft = path.with_name(f".{path.stem}-{token_hex(4)}{path.suffix}")
    try:
        draft.touch(exist_ok=False)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return draft


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without the mark that some editors open it with.

    Raises:
        ValueError: it is no text; the message opens with the file.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: no text in UTF-8 (byte {error.start + 1})") from error
