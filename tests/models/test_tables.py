"""Every number has a grade and a source, and a broken table says where it is broken."""

import re

import numpy as np
import pytest

from spinesim.models import tables
from spinesim.models.anatomy import BODIES, LEVELS, PARENTS

TABLES = sorted(path.stem for path in tables.FOLDER.glob("*.csv"))
BIB = (tables.FOLDER / "sources.bib").read_text(encoding="utf-8")
KEYS = re.findall(r"^@\w+\{(\w+),$", BIB, flags=re.MULTILINE)


def test_bibliography_has_no_key_twice():
    assert len(KEYS) == len(set(KEYS))


def test_every_bibliography_entry_names_author_and_year():
    for entry in BIB.split("\n@")[1:]:
        assert re.search(r"^  author = \{.+\},$", entry, flags=re.MULTILINE), entry
        assert re.search(r"^  year = \{\d{4}\},$", entry, flags=re.MULTILINE), entry


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source_that_resolves(name):
    for sources in tables.load(name).words("source"):
        assert set(sources.split(";")) <= set(KEYS)


def test_skeleton_is_the_one_the_records_describe():
    bodies = tables.load("bodies")
    assert bodies.names("body") == BODIES
    assert bodies.words("parent")[1:] == tuple(BODIES[parent] for parent in PARENTS[1:])


@pytest.mark.parametrize("name", ["discs", "disc_mechanics", "facet_mechanics"])
def test_level_tables_run_from_sacrum_to_thorax(name):
    assert tables.load(name).names("level") == LEVELS


def test_path_points_are_in_order():
    points = tables.load("path_points").where("variant", "all", "base")
    owner = points.places("fascicle", tables.load("fascicles").names("fascicle"))
    order = points.numbers("order")
    assert np.all(np.diff(owner) >= 0)
    np.testing.assert_array_equal(order[1:], np.where(np.diff(owner) == 0, order[:-1] + 1, 0))
    assert np.bincount(owner).min() >= 2


def test_contact_names_are_the_rows_of_the_table():
    assert tables.contact_names() == tables.load("contacts").words("name")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name,x,grade,source\na,1,measured,k\nb,1\n", "t.csv, line 3: 2 cells under 4 columns"),
        ("name,x,grade,source\na,1,guessed,k\n", "t.csv, line 2: grade 'guessed'"),
        ("name,x,source\na,1,k\n", "t.csv, line 1: no column 'grade'"),
        ("", "t.csv, line 1: no column 'grade'"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        tables.read(path)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("name,x,tilt_deg,grade,source\na,nan,180,measured,k\na,one,90,measured,k\n")
    return tables.read(path)


def test_degrees_become_radians(small):
    np.testing.assert_allclose(small.numbers("tilt_deg"), [np.pi, np.pi / 2])


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        (lambda table: table.numbers("x"), "t.csv, line 2: x must be a finite number, not 'nan'"),
        (lambda table: table.numbers("y"), "t.csv, line 1: no column 'y' among name, x"),
        (lambda table: table.names("name"), "t.csv, line 3: name 'a' occurs twice"),
        (lambda table: table.places("name", ("b", "c")), "t.csv, line 2: unknown name 'a'"),
    ],
)
def test_a_broken_cell_is_refused_with_its_line(small, question, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        question(small)
