"""The report compares fairly: scores by hand, failures counted in none, bands and units as published."""

import io
import re

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

from spinesim.models import tables
from spinesim.results import measured as rows
from spinesim.results.report import report, short, working
from spinesim.scenarios.tasks import TASKS
from spinesim.solvers.solution import Status


def draft(factor=1.0, overloaded=()):
    """A comparison in which the model's pressure is `factor` times the measured one."""
    ds = rows.measured()
    n = ds.posture.size
    pressure = factor * ds.measured_pressure.values
    status = np.where(np.isin(ds.posture, overloaded), "overloaded", "converged")
    one = (("posture", "level"), np.ones((n, 1)))
    return rows.compare(
        ds.assign(
            intradiscal_pressure=(("posture", "level"), pressure[:, None]),
            pressure_low=("posture", 0.9 * pressure), pressure_high=("posture", 1.2 * pressure),
            status=("posture", status, {"overloaded": Status[Status.overloaded]}),
            disc_compression=one, disc_anterior_shear=one, facet_share=one,
            facet_force=(("posture", "level", "side"), np.ones((n, 1, 2))),
            intra_abdominal_pressure=("posture", np.ones(n)),
            muscle_pull=(("posture", "muscle"), np.tile([30.0, 10.0, 0.2, 20.0], (n, 1))),
        ).assign_coords(
            level=[rows.LEVEL], side=["r", "l"], muscle=["multifidus", "psoas_major", "iliacus", "a"]
        )
    )  # fmt: skip


def test_every_row_is_a_task_with_a_source_and_an_ordered_band():
    ds = rows.measured()
    keys = re.findall(r"^@\w+\{(\w+),$", (tables.FOLDER / "sources.bib").read_text("utf-8"), re.MULTILINE)
    assert set(ds.posture.values) <= set(TASKS)
    assert set(ds.source.values) <= set(keys)
    chain = ["accept_low", "low", "pressure", "high", "accept_high"]
    values = np.stack([ds[f"measured_{name}"] for name in chain])
    assert np.all(np.diff(values, axis=0) >= 0)
    assert float(ds.measured_pressure.sel(posture="standing")) == 0.5e6


def test_a_model_that_is_right_scores_perfectly():
    scores = rows.agreement(draft()).sel(kind="all")
    assert scores["count"] == scores.in_band == 14 and scores.left_out == 0
    np.testing.assert_allclose(
        [scores.rmse, scores.ratio_rmse, scores.slope - 1, scores.ratio_correlation - 1], 0, atol=1e-9
    )


def test_a_wrong_area_shows_in_the_pressures_and_not_in_the_ratios():
    ds = draft(factor=2.0)
    scores = rows.agreement(ds).sel(kind="all")
    np.testing.assert_allclose(scores.rmse, np.sqrt(np.mean(ds.measured_pressure**2)))
    np.testing.assert_allclose([scores.slope, scores.ratio_slope], [2, 1])
    np.testing.assert_allclose(scores.ratio_rmse, 0, atol=1e-12)


def test_a_posture_that_is_not_held_counts_in_no_score():
    ds = draft(overloaded=["stoop_lift"])
    ds.intradiscal_pressure.loc[{"posture": "stoop_lift"}] = 1e9
    scores = rows.agreement(rows.compare(ds))
    assert scores["count"].sel(kind="all") == 13 and scores.left_out.sel(kind="all") == 1
    np.testing.assert_allclose(scores.rmse, 0, atol=1e-6)
    assert not ds.in_band.sel(posture="stoop_lift")


def test_scores_are_kept_apart_by_kind():
    scores = rows.agreement(draft())
    assert scores.kind.values.tolist() == ["all", "upright", "lying"]
    assert int(scores["count"].sel(kind=["upright", "lying"]).sum()) == int(scores["count"].sel(kind="all"))


def test_the_hardest_pulling_muscles_come_first_and_idle_ones_not_at_all():
    pull = draft().muscle_pull.sel(posture="standing")
    assert working(pull) == "multifidus 30, a 20, psoas 10"
    assert working(pull[2:3]) == ""
    assert short("longissimus_pars_thoracis") == "long. thor."


@pytest.mark.parametrize("width", [80, 140])
def test_what_people_read_names_failures_and_shows_no_nan(width):
    ds = draft(overloaded=["prone_on_elbows"])
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(report(ds, rows.agreement(ds)))
    text = " ".join(console.export_text().split())
    assert "prone on elbows: overloaded, counted in no score" in text
    assert "nothing was fitted" in text and "nan" not in text


def test_the_model_brackets_its_pressure_by_the_range_of_k():
    import spinesim as ss

    model = ss.lumbar_model(mass_kg=70, height_m=1.74)
    ds = rows.solve_measured(model)
    held = ds.sel(posture=ds.status == "converged")
    assert held.posture.size >= 12 and float(held.residual_force.max()) < 1e-6
    assert bool(((held.pressure_low < held.pressure) & (held.pressure < held.pressure_high)).all())
    xr.testing.assert_identical(ds.posture, rows.measured().posture)
    trunk = held.muscle_pull.sel(muscle="gluteus_maximus")
    assert float(abs(trunk).max()) == 0  # the hip's muscles do not cross the disc
