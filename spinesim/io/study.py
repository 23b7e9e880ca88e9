"""Study files: a sweep as a TOML file that a person can read, mistakes named with file and line."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from spinesim._files import read_text
from spinesim._names import choose
from spinesim._numbers import number
from spinesim.models.anatomy import Model
from spinesim.models.build import lumbar_model
from spinesim.models.imbalance import Imbalance
from spinesim.models.state import Task
from spinesim.scenarios.imbalances import SCENARIOS
from spinesim.scenarios.postures import numbers_of
from spinesim.scenarios.tasks import MASSES, named_task, posed
from spinesim.scenarios.tasks import task as task_by_name
from spinesim.sweeps.local import OUTPUTS
from spinesim.sweeps.table import OFFERED

#: Where a value stands in a study: keys, and numbers of tables in a list.
Place = tuple[str | int, ...]
Block = dict[str, Any]


@dataclass(frozen=True)
class Study:
    """What a study file asks; `tasks` is None where every scenario is in its own task."""

    bodies: dict[str, Model]
    tasks: dict[str, Task] | None
    imbalances: dict[str, Imbalance | str]
    severities: tuple[float, ...]
    outputs: tuple[str, ...]


def read(path: Path) -> Study:
    """The study in a file; any mistake is a ValueError that opens with the file and the line."""
    text = read_text(path)
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = str(error).partition(" (at ")[0], re.search(r"at line (\d+)", str(error))
        where = line[1] if line else len(text.splitlines())  # it ended too early
        raise ValueError(f"{path}, line {where}: {message}") from error
    file = _File(str(path), line_numbers(text))
    for key in said:
        with file.blaming((key,), {}):
            choose("key", key, ("bodies", "tasks", "imbalances", "severities", "outputs"))
    return Study(
        bodies=file.things(said, "bodies", _body) or {"body": lumbar_model()},
        tasks=file.things(said, "tasks", _task) if "tasks" in said else None,
        imbalances=file.things(said, "imbalances", _imbalance) or {"none": Imbalance()},
        severities=tuple(file.values(said, "severities", [1.0], _severity)),
        outputs=tuple(file.values(said, "outputs", OUTPUTS, lambda name: choose("output", name, OFFERED))),
    )


@dataclass(frozen=True)
class _File:
    """A study file: where its keys are, to say so when they are wrong."""

    name: str
    lines: dict[Place, int]

    @contextmanager
    def blaming(self, place: Place, block: Mapping[str, Any]) -> Iterator[None]:
        """An error about what stands at `place` says on which line the key it speaks of is."""
        try:
            yield
        except (ValueError, TypeError) as error:
            place = (*place, *_culprit(block, str(error)))
            while place and place not in self.lines:
                place = place[:-1]
            where = f"{self.name}, line {self.lines.get(place, 1)}"
            named = place and isinstance(place[-1], str) and place[-1] not in str(error)
            key = f"{place[-1]}: " if named else ""
            raise ValueError(f"{where}: {key}{error}") from error

    def values(self, said: Block, key: str, default: Sequence[Any], made: Callable[[Any], Any]) -> list[Any]:
        """What every entry of the list `key` means."""
        with self.blaming((key,), {}):
            return [made(value) for value in _list(said.get(key, default))]

    def things(self, said: Block, key: str, made: Callable[[Block], Any]) -> dict[str, Any]:
        """What every entry of `key` means, by name; a bare word is a table with nothing but its name."""
        found: dict[str, Any] = {}
        with self.blaming((key,), {}):
            entries = _list(said.get(key, []))
        for i, entry in enumerate(entries):
            block = {_WORD[key]: entry} if isinstance(entry, str) else dict(entry)
            with self.blaming((key, i), block):
                name = str(block.pop("name", block.get(_WORD[key], f"{key}_{i}")))
                if name in found:
                    raise ValueError(f"name {name!r} is given more than once: set another")
                found[name] = made(dict(block))
        return found


#: What a bare word in a list, or the key of a table without a name, is called.
_WORD = {"bodies": "sex", "tasks": "task", "imbalances": "scenario"}


def _list(value: Any) -> Sequence[Any]:
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise ValueError(f"must be a list, not {value!r}")
    return value


def _severity(value: Any) -> float:
    return number("severity", value, 0.0, 1.0).item()


def _body(block: Block) -> Model:
    for key in block:
        choose("key of a body", key, ("name", *signature(lumbar_model).parameters))
    for key, value in block.items():
        if isinstance(value, str) != (key in ("sex", "psoas")):
            raise ValueError(
                f"{key} must be a {'number' if isinstance(value, str) else 'word'}, not {value!r}"
            )
    return lumbar_model(**block)


def _task(block: Block) -> Task:
    if ("task" in block) == ("posture" in block):
        raise ValueError("a task needs either task or posture")
    kind = "task" if "task" in block else "posture"
    name = block.pop(kind)
    own = numbers_of(name if kind == "posture" else named_task(name).posture)
    for key in block:
        choose(f"key of this {kind}", key, ("name", *own, *MASSES))
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in block.items()}
    return posed(name, given) if kind == "posture" else task_by_name(name, **given)


def _imbalance(block: Block) -> Imbalance | str:
    kinds = tuple(signature(Imbalance).parameters)
    for key, value in block.items():
        choose("key of an imbalance", key, ("name", "scenario", *kinds))
        if key in kinds and not isinstance(value, Mapping):
            raise ValueError(f"{key} must be a table such as {{ part = 0.1 }}, not {value!r}")
    scenario = block.pop("scenario", None)
    if scenario is None:
        return Imbalance(**block)
    if block:
        raise ValueError(f"scenario {scenario!r} says its own parts: give it an entry of its own")
    return choose("scenario", scenario, SCENARIOS)


def _culprit(block: Mapping[str, Any], said: str) -> Place:
    """Path to the key of a block that an error message speaks of, by its name or its value."""
    for key, value in block.items():
        if isinstance(value, Mapping) and (inner := _culprit(value, said)):
            return (key, *inner)
        spoken = isinstance(value, str) and repr(value) in said
        if spoken or repr(key) in said or re.match(rf"{re.escape(key)}\b", said):
            return (key,)
    return ()


_HEADER = re.compile(r"\s*\[{1,2}\s*([\w.\-]+)\s*\]{1,2}")
_KEY = re.compile(r"(?:^|[{,])\s*\"?([\w\-]+)\"?\s*=")


def line_numbers(text: str) -> dict[Place, int]:
    """The line of every table and key of a TOML text, keys of inline tables included."""
    lines: dict[Place, int] = {}
    counts: dict[str, int] = {}
    table: Place = ()
    for line, content in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(content):
            first, *rest = header[1].split(".")
            if content.lstrip().startswith("[["):
                counts[first] = counts.get(first, -1) + 1
            table = (first, *([counts[first]] if first in counts else []), *rest)
            lines.setdefault(table, line)
        elif keys := _KEY.findall(content.split("#")[0]):
            lines.setdefault((*table, keys[0]), line)
            lines.update({(*table, keys[0], inner): line for inner in keys[1:]})
    return lines
