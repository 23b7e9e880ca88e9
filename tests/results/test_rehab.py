"""Weeks of training in words."""

import numpy as np
import xarray as xr

from spinesim.cli.console import show
from spinesim.results import rehab


def test_a_change_of_nothing_has_no_minus(capsys, monkeypatch):
    monkeypatch.setattr(rehab, "changes", lambda ds: {"alike": xr.DataArray(np.full(3, -0.2), dims="draw")})
    show(rehab.changes_table(xr.Dataset()))
    out = capsys.readouterr().out
    assert "-0" not in out and "+0 to +0" in out and "[points of 100]" in out
