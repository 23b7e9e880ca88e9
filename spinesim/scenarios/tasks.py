"""Tasks by name: the questions that are asked often, each with its numbers and where they come from."""

from dataclasses import dataclass
from typing import Any

from spinesim._names import choose
from spinesim.models import tables
from spinesim.models.state import Task
from spinesim.scenarios.postures import numbers_of, posture

MASSES = ("hand_load_kg", "barbell_kg", "backpack_kg")
LOADS = (*MASSES, "push")


@dataclass(frozen=True)
class NamedTask:
    """One row of the table of tasks; `numbers` are those of its posture and of its loads."""

    name: str
    posture: str
    numbers: dict[str, Any]
    description: str
    source: str


def _value(text: str) -> float | str | tuple[float, ...]:
    """A number, a (right, left) pair set apart by a space, or a word."""
    try:
        numbers = tuple(float(part) for part in text.split())
    except ValueError:
        return text
    return numbers[0] if len(numbers) == 1 else numbers


def _named(row: dict[str, str]) -> NamedTask:
    given = (item.split("=") for item in row["numbers"].split(";") if item)
    numbers = {key: _value(text) for key, text in given}
    return NamedTask(row["name"], row["posture"], numbers, row["description"], row["source"])


TASKS = {row["name"]: _named(row) for row in tables.load("tasks").rows}
#: Names that the same tasks carry in the literature on spinal loads.
ALSO = {row["also"]: row["name"] for row in tables.load("tasks").rows if row["also"]}


def named_task(name: str) -> NamedTask:
    """The row of the table that a name of ours or of the literature means."""
    return TASKS[ALSO.get(name) or choose("task", name, TASKS)]


def task(name: str, **numbers: Any) -> Task:
    """A task by name; keywords replace its numbers, as in `task("hold_close", hand_load_kg=10)`."""
    named = named_task(name)
    for key in numbers:
        choose(f"number for task {name!r}", key, (*numbers_of(named.posture), *LOADS))
    given = named.numbers | numbers
    loads = {key: given.pop(key) for key in LOADS if key in given}
    return Task(posture(named.posture, **given), **loads)
