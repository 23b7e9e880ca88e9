"""Contestants timed in turns, so that whatever else the machine does falls on all of them alike."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

#: Of the random cases that are timed.
SEED = 31
#: Name of our own rows: other times are told beside theirs.
OURS = "spinesim"


class Row(NamedTuple):
    """One line of a benchmark: how long one case takes a solver, and how good its answer is."""

    question: str
    solver: str
    cases: int  # asked in one go
    time: float  # of one case, median of the rounds [s]
    low: float  # quartiles [s]
    high: float
    first: float  # the first round, compiling included [s]
    error: float  # what is said in `measure`, the largest over the cases
    measure: str
    note: str


class Contestant(NamedTuple):
    """`run` answers `cases` cases; `error` says how good its answer is, `note` what else there is to say."""

    run: Callable[[], Any]
    cases: int
    error: Callable[[Any], float]
    measure: str
    note: str | Callable[[Any], str] = ""


def race(question: str, contestants: Mapping[str, Contestant], rounds: int) -> list[Row]:
    """Every contestant once in every round; the first round compiles and is told apart."""
    spent: dict[str, list[float]] = {name: [] for name in contestants}
    answers: dict[str, Any] = {}
    for _ in range(rounds + 1):
        for name, contestant in contestants.items():
            begun = time.perf_counter()
            answers[name] = jax.block_until_ready(contestant.run())
            spent[name].append(time.perf_counter() - begun)
    return [_row(question, name, one, spent[name], answers[name]) for name, one in contestants.items()]


def _row(question: str, name: str, one: Contestant, spent: list[float], answer: Any) -> Row:
    times = quartiles(np.array(spent[1:]) / one.cases)
    note = one.note(answer) if callable(one.note) else one.note
    return Row(question, name, one.cases, *times, spent[0], one.error(answer), one.measure, note)


def quartiles(times: np.ndarray) -> tuple[float, float, float]:
    low, middle, high = np.quantile(times, (0.25, 0.5, 0.75))
    return float(middle), float(low), float(high)


def absent(question: str, solver: str, why: str) -> Row:
    """The line of a solver that is not there."""
    return Row(question, solver, 0, np.nan, np.nan, np.nan, np.nan, np.nan, "", f"absent: {why}")
