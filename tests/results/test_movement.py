"""A movement as a table: a row a frame, dashes for what failed, words for what was asked."""

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

from spinesim.results.movement import LISTED, summary

FRAMES = 21
GROUPS = ["multifidus_r", "multifidus_l", "longissimus_pars_lumborum_r"]
LOADS = ("disc_compression", "disc_anterior_shear", "disc_lateral_shear", "intradiscal_pressure")


@pytest.fixture
def bent():
    """Loads that any reader can check: the disc carries 1000 N and 10 N more each frame."""
    phase, one = np.linspace(0, 1, FRAMES), np.ones(FRAMES)
    activation = np.tile([0.1, 0.2, 0.31], (FRAMES, 1))
    status = np.array(["converged"] * FRAMES)
    return xr.Dataset(
        {name: (("phase", "level"), (1000 + 10 * np.arange(FRAMES))[:, None] * np.ones((1, 2)))
         for name in LOADS}
        | {
            "group_activation": (("phase", "group"), activation),
            "trunk_flexion": ("phase", np.radians(90) * phase),
            "status": ("phase", status, {"overloaded": "Lower the load."}),
            "stability_eigenvalue": ("phase", 12.0 * one),
        },
        {"phase": phase, "level": ["L5S1", "L4L5"], "group": GROUPS},
        {"movement": "flexion"},
    )  # fmt: skip


def said(ds):
    console = Console(width=140)
    with console.capture() as out:
        console.print(summary(ds))
    return out.get()


def test_frames_are_listed_evenly_from_first_to_last(bent):
    lines = said(bent).splitlines()
    assert lines[0].strip() == "flexion, 21 frames: 21 converged"
    rows = [line.split() for line in lines if line.strip().endswith("converged")][1:]
    assert len(rows) == LISTED
    assert rows[0][:3] == ["0.00", "0", "1000"] and rows[-1][:3] == ["1.00", "90", "1200"]
    assert "31" in rows[0] and "12" in rows[0]


def test_a_frame_that_failed_shows_dashes_and_its_sentence(bent):
    failed = np.arange(FRAMES) == 10
    for name in (*LOADS, "group_activation", "stability_eigenvalue"):
        bent[name] = bent[name].where(~xr.DataArray(failed, dims="phase"))
    bent["status"] = ("phase", np.where(failed, "overloaded", "converged"), bent.status.attrs)
    text = said(bent)
    assert "20 converged, 1 overloaded" in text and "Lower the load. Its loads are left out." in text
    row = next(line.split() for line in text.splitlines() if line.startswith("0.50"))
    assert row[-1] == "overloaded" and row.count("-") == 6 and "nan" not in text


def test_columns_follow_what_was_measured(bent):
    assert "[N m/rad]" in said(bent) and "[N m/rad]" not in said(bent.drop_vars("stability_eigenvalue"))
    assert "Flexion-relaxation" not in said(bent)
    bent["flexion_relaxation"] = ((), 0.9, {"comment": "none: still at 90 % of its peak"})
    assert "Flexion-relaxation: none: still at 90 % of its peak." in said(bent)
