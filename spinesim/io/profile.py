"""Profile files: a person as a TOML file, mistakes in one line with the file's name."""

import tomllib
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from spinesim._files import read_text
from spinesim._names import choose
from spinesim.exercise.profile import Profile, profile


def read(path: Path) -> Profile:
    """The profile in a file; any mistake is a ValueError that opens with the file."""
    try:
        said = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    try:
        return profile(**{key: _checked(key, value) for key, value in said.items()})
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _checked(key: str, value: Any) -> Any:
    """The value of a key, if it is of the kind that the key takes."""
    parameters = signature(profile).parameters
    default = parameters[choose("key of a profile", key, parameters)].default
    if default is None:
        if not isinstance(value, Mapping) or not all(_number(each) for each in value.values()):
            raise ValueError(f"{key} must be a table of numbers such as {{ part = 0.1 }}, not {value!r}")
        return {name: float(each) for name, each in value.items()}
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise ValueError(f"{key} must be a list of words, not {value!r}")
        return tuple(value)
    if isinstance(default, str):
        if not isinstance(value, str):
            raise ValueError(f"{key} must be a word, not {value!r}")
        return value
    if not _number(value):
        raise ValueError(f"{key} must be a number, not {value!r}")
    return float(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
