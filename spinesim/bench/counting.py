"""What is asked of a benchmark that counts many random cases, on the command line."""

import argparse
from collections.abc import Callable
from pathlib import Path


def parser(about: str | None, seed: int, count: int) -> argparse.ArgumentParser:
    """`--seed`, `--count` and `--json`; the first line of `about` says what for."""
    made = argparse.ArgumentParser(description=about.splitlines()[0] if about else None)
    made.add_argument("--seed", type=multiple_of(1, least=0), default=seed)
    made.add_argument("--count", type=multiple_of(1), default=count)
    made.add_argument("--json", type=Path)
    return made


def multiple_of(unit: int, least: int | None = None) -> Callable[[str], int]:
    """Reads a whole number, a multiple of `unit` that is `least` (left out: `unit`) or more."""
    bound = unit if least is None else least

    def read(word: str) -> int:
        if not word.isdecimal() or int(word) % unit or int(word) < bound:
            kind = "a whole number" if unit == 1 else f"a multiple of {unit}"
            raise argparse.ArgumentTypeError(f"must be {kind} of {bound} or more, got {word}")
        return int(word)

    return read
