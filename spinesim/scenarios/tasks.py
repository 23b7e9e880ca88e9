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


def numbers_in(text: str) -> dict[str, Any]:
    """Numbers by name of a cell such as `trunk_flexion_deg=30;hand_load_kg=20 0`."""
    given = (item.split("=") for item in text.split(";") if item)
    return {key: _value(number) for key, number in given}


def _value(text: str) -> float | str | tuple[float, ...]:
    """A number, a (right, left) pair set apart by a space, or a word."""
    try:
        numbers = tuple(float(part) for part in text.split())
    except ValueError:
        return text
    return numbers[0] if len(numbers) == 1 else numbers


def _named(row: dict[str, str]) -> NamedTask:
    numbers = numbers_in(row["numbers"])
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
    return posed(named.posture, named.numbers | numbers)


def posed(name: str, numbers: dict[str, Any]) -> Task:
    """The posture `name`; `numbers` are those of the posture and of the loads."""
    loads = {key: value for key, value in numbers.items() if key in LOADS}
    own = {key: value for key, value in numbers.items() if key not in LOADS}
    return Task(posture(name, **own), **loads)
