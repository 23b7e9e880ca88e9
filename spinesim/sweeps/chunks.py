"""Any number of cases in chunks of one shape, so that one compiled program of bounded memory serves them all.

The next chunk is begun before the last is read: while one device waits for the end of a chunk, and while
Python reads and writes results, the others work.
"""

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Int

from spinesim._each import dealt
from spinesim._names import within

Cases = Int[np.ndarray, "case"]
#: Results, stacked, of cases of which so many are wanted (the rest fills the shape up, see `_each.spread`).
Function = Callable[[Cases, int], Any]

#: Memory that a case takes while it is solved: 1.6 MB of the compiled program, the rest its model and
#: result (`memory_analysis` of JAX 0.10 on a CPU).
CASE_BYTES = 2e6
#: Cases of a chunk on one device: on a CPU what a stopped sweep loses at most, elsewhere the more the better.
_BEST = {"cpu": 128}
_BEST_ELSEWHERE = 1024
_AHEAD = 1  # chunks begun before one is read


def chunk_size(memory_gb: float) -> int:
    """Cases that are solved at once within a bound of memory [GB]."""
    fitting = int(within("memory_gb", memory_gb, 0.01, 1000.0) * 1e9 / CASE_BYTES)
    devices = jax.local_device_count()
    each = min(fitting // devices, _BEST.get(jax.default_backend(), _BEST_ELSEWHERE))
    return max(each, 1) * devices


def in_chunks(
    function: Function, count: int, size: int, *, finished: Container[int] = (), progress: bool = False
) -> Iterator[tuple[int, Any]]:
    """Numbers and results, as NumPy, of the chunks that `count` cases make, but for those `finished`.

    Args:
        function: what is wanted of some cases.
        count: number of cases.
        size: of a chunk; where the device has too little memory, fewer cases are asked at a time.
        finished: numbers of chunks to leave out.
        progress: show a bar that counts cases on stderr.
    """
    begun: deque[tuple[int, Cases, _Begun]] = deque()
    room = _Room(function, size)
    chunks = list(enumerate(np.split(np.arange(count), range(size, count, size))))
    with _bar(count, progress) as advance:

        def read(most: int) -> Iterator[tuple[int, Any]]:
            while len(begun) > most:
                number, cases, started = begun.popleft()
                yield number, room.read(cases, started)
                advance(len(cases))

        for number, cases in chunks:
            if number in finished:
                advance(len(cases))
                continue
            try:
                begun.append((number, cases, room.begin(cases)))
            except BaseException:  # what is under way is not lost with what could not begin
                yield from read(0)
                raise
            yield from read(_AHEAD)
        yield from read(0)


@dataclass(frozen=True)
class _Begun:
    """Cases that are being answered, `size` at a time."""

    size: int
    answers: list[Any]


class _Room:
    """Asks cases as many at a time as there is memory for; what was refused once is not tried again."""

    def __init__(self, function: Function, size: int):
        self.function, self.size = function, size

    def begin(self, cases: Cases) -> _Begun:
        try:
            answers = [self._asked(part) for part in _parts(cases, self.size)]
        except jax.errors.JaxRuntimeError as error:
            self._shrink(self.size, error)
            return self.begin(cases)
        return _Begun(self.size, answers)

    def read(self, cases: Cases, begun: _Begun) -> Any:
        size = begun.size
        try:
            parts = [
                jax.tree.map(lambda leaf, part=part: np.asarray(leaf)[dealt(len(part), size)], answer)
                for part, answer in zip(_parts(cases, size), begun.answers, strict=True)
            ]
        except jax.errors.JaxRuntimeError as error:
            self._shrink(size, error)
            return self.read(cases, self.begin(cases))
        return parts[0] if len(parts) == 1 else joined(parts)

    def _asked(self, cases: Cases) -> Any:
        filled = np.full(self.size, cases[0])
        filled[dealt(len(cases), self.size)] = cases
        return self.function(filled, len(cases))

    def _shrink(self, refused: int, error: Exception) -> None:
        if "RESOURCE_EXHAUSTED" not in str(error) or refused == 1:
            raise error
        self.size = min(self.size, refused // 2)


def joined(parts: Iterable[Any]) -> Any:
    """Results of chunks as one."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _parts(cases: Cases, size: int) -> list[np.ndarray]:
    return np.split(cases, range(size, len(cases), size))


@contextmanager
def _bar(count: int, shown: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr and what tells it that cases are done."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    bar = Progress(
        *Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), disable=not shown, transient=True,
    )  # fmt: skip
    with bar:
        line = bar.add_task("solving cases", total=count)
        yield lambda done: bar.advance(line, done)
