"""The fit of passive tissue: it touched what it says it did, and its table is what the model answers."""

import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spinesim._jax import QUICK_COMPILE
from spinesim.calibration.tissue import FOLDER, HELD_OUT
from spinesim.models import tables
from spinesim.models.anatomy import LEVELS
from spinesim.models.build import lumbar_model
from spinesim.models.tissue_fit import scaled
from spinesim.validation.segments import answers
from spinesim.validation.targets import targets

MODEL = lumbar_model()
TISSUES = (MODEL.discs, MODEL.ligaments, MODEL.facets)


def misfit():
    with (FOLDER / "tissue_misfit.csv").open(newline="", encoding="utf-8") as text:
        return {row["id"]: row for row in csv.DictReader(text)}


def test_every_factor_keeps_its_range():
    table = tables.load("tissue_fit")
    low, factor, high = table.numbers("low", "factor", "high").T
    assert np.all((low <= 1) & (high >= 1))
    assert np.all((factor >= 0.999 * low) & (factor <= 1.001 * high))


def test_a_factor_changes_what_its_row_names_and_nothing_else():
    table = tables.load("tissue_fit")
    row = next(
        i
        for i, r in enumerate(table.rows)
        if (r["field"], r["level"], r["part"]) == ("rotation_stiffness", "L4L5", "x")
    )
    doubled = scaled(TISSUES, jnp.ones(len(table)).at[row].set(2.0))
    ratio = jax.tree.map(lambda new, old: np.asarray(new) / np.where(old == 0, 1, old), doubled, TISSUES)
    expected = np.ones((len(LEVELS), 3))
    expected[LEVELS.index("L4L5"), 0] = 2.0
    np.testing.assert_allclose(ratio[0].rotation_stiffness, expected)
    np.testing.assert_allclose(ratio[0].shear_stiffness, 1)
    np.testing.assert_allclose(ratio[1].stiffness, 1)
    np.testing.assert_allclose(ratio[2].gap, 1)


def test_fitted_and_held_out_rows_are_told_apart():
    rows = misfit()
    assert set(HELD_OUT) <= set(rows) <= set(targets())
    assert {name for name, row in rows.items() if row["use"] == "held out"} == set(HELD_OUT)
    assert all(targets()[name].category in ("3_fsu", "4_facet") for name in rows)


def test_the_fit_keeps_what_it_reached():
    """Of the rows it was made to, and of those it never saw; levels apart (the pass line asks 80 percent)."""
    rows = misfit().values()
    share = {
        use: np.mean([row["in_band"] == "yes" for row in rows if row["use"] == use])
        for use in ("fitted", "held out")
    }
    levels = [row["in_band"] == "yes" for row in rows if row["id"].startswith("rom_y")]
    assert share["fitted"] > 0.8 and share["held out"] > 0.55
    assert np.mean(levels) >= 0.8


@pytest.mark.slow
def test_the_model_answers_as_the_misfit_table_says():
    """Pins every row of the scoreboard of categories 3 and 4 to 2 percent."""
    found = jax.jit(answers, compiler_options=QUICK_COMPILE)(MODEL)
    for name, row in misfit().items():
        np.testing.assert_allclose(found[name], float(row["answer"]), rtol=0.02, atol=0.05, err_msg=name)
