"""Every row of this room has a source that resolves."""

import re

import pytest

from spinesim.adaptation import parameters
from spinesim.exercise.compare import CHANNELS
from spinesim.exercise.library import FOLDER, library
from spinesim.models import tables

BIBS = [
    (folder / "sources.bib").read_text(encoding="utf-8")
    for folder in (tables.FOLDER, FOLDER, parameters.FOLDER)
]
KEYS = {key for bib in BIBS for key in re.findall(r"^@\w+\{(\w+),$", bib, flags=re.MULTILINE)}
TABLES = sorted([*FOLDER.glob("*.csv"), *parameters.FOLDER.glob("*.csv")])


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_row_has_a_source_that_resolves(path):
    for line, sources in enumerate(tables.read(path).words("source"), start=2):
        assert set(sources.split(";")) <= KEYS, f"{path.name}, line {line}: {sources}"


def test_every_exercise_has_a_published_or_estimated_activation():
    rows = tables.read(FOLDER / "published.csv").rows
    said = {(row["exercise"], row["quantity"]) for row in rows}
    assert {name for name, _ in said} == set(library())
    assert all((name, channel) in said for name in library() for channel in CHANNELS)
