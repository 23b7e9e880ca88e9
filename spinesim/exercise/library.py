"""The exercises: each a task of the engine with a dose, read from the table or from a person's own file."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._files import read_text
from spinesim._names import choose, within
from spinesim.exercise.pose import other, pose
from spinesim.models import tables
from spinesim.models.anatomy import SIDES, Fascicles
from spinesim.models.groups import members
from spinesim.models.state import STANDARD_GRAVITY, Push, Task
from spinesim.scenarios.tasks import numbers_in

FOLDER = Path(__file__).with_name("tables")
#: How an exercise is done: held, moved, lowered slowly, stretched, answered to, cued at a low level,
#: repeated.
MODES = ("static", "dynamic", "eccentric", "stretch", "reactive", "cue", "cyclic")
#: What a working side means: both at once, or each in turn.
TURNS = ("both", "each")
#: The "stability matrix" (our definition, evidence grade D): kind x plane x level.
KINDS = ("controlled_loading", "eccentric", "dynamic_balance")
PLANES = ("sagittal", "frontal", "transverse")
MATRIX_LEVELS = (1, 2, 3)


@dataclass(frozen=True)
class Exercise:
    """One exercise: what the body does, and how much of it is prescribed by default.

    `seconds` is the time under load of one repetition, `cell` its place in the stability matrix
    (kind/plane/level), `stage` 1 (early) to 5 (comparators, not prescribed).
    """

    exercise: str
    posture: str
    title: str = ""
    category: str = "own"
    stage: float = 1.0
    cell: str = "none/-/1"
    supports: str = ""
    numbers: Any = ""
    loads: Any = ""
    cue: Any = ""
    stretches: str = ""
    mode: str = "dynamic"
    sides: str = "both"
    sets: float = 3.0
    reps: float = 10.0
    seconds: float = 3.0
    balance: float = 0.1
    skill: float = 0.2
    progression: str = ""
    caution: str = ""
    description: str = ""
    grade: str = "assumed"
    source: str = "spinesim2026"

    def __post_init__(self):
        choose("mode of an exercise", self.mode, MODES)
        choose("sides of an exercise", self.sides, TURNS)
        choose("grade", self.grade, tables.GRADES)
        choose("stretched muscle", self.stretches, ("", "hip_flexors", "hamstrings"))
        for name, low, high in _RANGES:
            within(f"{name} of exercise {self.exercise!r}", float(getattr(self, name)), low, high)
            object.__setattr__(self, name, float(getattr(self, name)))
        for name in ("numbers", "loads", "cue"):
            object.__setattr__(self, name, _by_name(getattr(self, name)))
        for load in self.loads:
            choose(f"load of exercise {self.exercise!r}", load, _LOADS)

    @property
    def turns(self) -> tuple[str, ...]:
        """The working sides in turn."""
        return SIDES if self.sides == "each" else SIDES[:1]

    @property
    def matrix(self) -> tuple[str, str, int]:
        """Kind, plane and level of the stability matrix."""
        kind, plane, level = self.cell.split("/")
        return kind, plane, int(level)

    @property
    def rest(self) -> float:
        """Rest after every set [s]: as long again as under load, 20 to 60 s."""
        return max(20.0, min(60.0, self.reps * self.seconds))

    @property
    def set_minutes(self) -> float:
        """Time of one set with its rest."""
        return (self.reps * self.seconds * len(self.turns) + self.rest) / 60

    @property
    def minutes(self) -> float:
        """Time of one session with its rests."""
        return self.sets * self.set_minutes

    def task(self, side: str = "r", load: float = 1.0) -> Task:
        """The task of the engine, `load` times as heavy as prescribed."""
        asked = {key: value * load for key, value in dict(self.loads).items()}
        held = pose(self.posture, side, self.supports, dict(self.numbers))
        pushes, hands = [], 0.0
        for key, amount in asked.items():
            if key == "hand_load_kg":
                hands = amount
            elif key == "one_hand_kg":
                hands = (amount, 0.0) if side == "r" else (0.0, amount)
            else:
                pushes.append(_PUSHES[key](amount, 1.0 if side == "r" else -1.0, side))
        return Task(held, hand_load_kg=hands, push=tuple(pushes))

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The task as prescribed, by working side."""
        return {side: self.task(side) for side in self.turns}

    def cued(self, fascicles: Fascicles, side: str = "r") -> Float[Array, "fascicle"]:
        """Activation that the cue asks of every fascicle, on top of which the muscles share the task."""
        asked = np.zeros(len(fascicles.name))
        for group, level in dict(self.cue).items():
            name = (
                group[:-2] + f"_{side if group[-1] == 'w' else other(side)}"
                if group[-2:] in _SIDED
                else group
            )
            asked = np.where(members(fascicles, name), level, asked)
        return jnp.asarray(asked)


_SIDED = ("_w", "_o")
_RANGES = (
    ("stage", 1.0, 5.0), ("sets", 0.0, 20.0), ("reps", 0.0, 200.0), ("seconds", 0.0, 3600.0),
    ("balance", 0.0, 1.0), ("skill", 0.0, 1.0),
)  # fmt: skip


def _by_name(given: Mapping[str, Any] | str) -> dict[str, Any]:
    if isinstance(given, str):
        return numbers_in(given)
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


#: A barbell over the hips, a cable or partner at chest height sideways, a band between the shanks.
_PUSHES = {
    "hip_bar_kg": lambda kg, sign, side: Push(
        "pelvis", (0.0, -kg * STANDARD_GRAVITY, 0.0), (0.06, -0.05, 0.0)
    ),
    "sideways_kg": lambda kg, sign, side: Push(
        "thorax", (0.0, 0.0, sign * kg * STANDARD_GRAVITY), (0.35, 0.2, 0.0)
    ),
    "band_n": lambda newton, sign, side: Push(
        f"shank_foot_{other(side)}", (0.0, 0.0, sign * newton), (0.0, -0.1, 0.0)
    ),
}
_LOADS = ("hand_load_kg", "one_hand_kg", *_PUSHES)


@cache
def library() -> dict[str, Exercise]:
    """The package's own exercises by name."""
    rows = tables.read(FOLDER / "exercises.csv").rows
    return {row["exercise"]: _from_row(row) for row in rows}


def _from_row(row: Mapping[str, Any]) -> Exercise:
    given: dict[str, Any] = {
        key: float(value) if key in {name for name, *_ in _RANGES} else value for key, value in row.items()
    }
    return Exercise(**given)


def exercise(name: str, more: Mapping[str, Exercise] | None = None) -> Exercise:
    """An exercise by name, out of the library and of `more`."""
    known = {**library(), **(more or {})}
    return known[choose("exercise", name, known)]


def own(path: Path) -> dict[str, Exercise]:
    """Exercises of a person's own file: `[[exercises]]` tables with the columns of the library.

    `exercise` (its name) and `posture` are needed; each is built once, so that a mistake shows here.
    """
    try:
        said = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    found = {made.exercise: made for made in _own(path, said.get("exercises", []))}
    if not found:
        raise ValueError(f"{path}: no [[exercises]] in it")
    return found


def _own(path: Path, blocks: list[dict[str, Any]]) -> Iterator[Exercise]:
    known = [field.name for field in fields(Exercise)]
    for number, block in enumerate(blocks, start=1):
        where = f"{path}, exercise {number}"
        for key in block:
            choose("key", key, known, where)
        missing = [key for key in ("exercise", "posture") if key not in block]
        if missing:
            raise ValueError(f"{where}: {missing[0]} is missing")
        try:
            given: dict[str, Any] = {
                key: float(value) if isinstance(value, int) else value for key, value in block.items()
            }
            made = Exercise(**given)
            made.task()
        except (ValueError, TypeError) as error:
            raise ValueError(f"{where}: {error}") from error
        yield made


def prescribed(base: Exercise, **numbers: float) -> Exercise:
    """The same exercise with another dose, as in `sets=2, reps=12`."""
    return replace(base, **numbers)
