"""Where the products of a calibration lie, and how they are written."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from spinesim._files import replacing

FOLDER = Path(__file__).with_name("tables")


def write_table(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table whole or not at all."""
    with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text, lineterminator="\n").writerows([header, *rows])
