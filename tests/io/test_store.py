"""Files are whole or not there; finished work survives, and is never taken for another's."""

import numpy as np
import pytest
import xarray as xr

from spinesim._files import read_text
from spinesim.io import store
from spinesim.sweeps.stored import Finished

CHUNK = {"load": np.arange(6.0).reshape(2, 3), "status": np.array([0, 1], np.int32)}


@pytest.fixture
def ds():
    return xr.Dataset({"load": ("case", [1.0, 2.0], {"units": "N"})}, attrs={"asked": "two\nlines"})


def test_a_file_gives_back_what_was_written(ds, tmp_path):
    store.write(ds, tmp_path / "out.nc")
    xr.testing.assert_identical(store.read(tmp_path / "out.nc"), ds)
    assert [path.name for path in tmp_path.iterdir()] == ["out.nc"]


def test_others_may_read_what_was_written(ds, tmp_path):
    (tmp_path / "plain").touch()
    store.write(ds, tmp_path / "out.nc")
    assert (tmp_path / "out.nc").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_mark_of_an_editor_is_no_part_of_a_text(tmp_path):
    (tmp_path / "study.toml").write_text("severities = [1.0]", encoding="utf-8-sig")
    assert read_text(tmp_path / "study.toml") == "severities = [1.0]"


def test_a_failure_leaves_the_old_file_and_nothing_else(ds, tmp_path):
    store.write(ds, tmp_path / "out.nc")
    with pytest.raises(ValueError):
        store.write(ds.assign(load=("case", [object(), object()])), tmp_path / "out.nc")
    xr.testing.assert_identical(store.read(tmp_path / "out.nc"), ds)
    assert [path.name for path in tmp_path.iterdir()] == ["out.nc"]


@pytest.mark.parametrize("content", [b"", b"load,status\n1,2\n"])
def test_a_file_of_another_kind_is_named(content, tmp_path):
    (tmp_path / "out.nc").write_bytes(content)
    with pytest.raises(ValueError, match=r"out\.nc is no whole NetCDF file"):
        store.read(tmp_path / "out.nc")


def test_a_file_cut_short_is_named(ds, tmp_path):
    path = tmp_path / "out.nc"
    store.write(ds, path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=r"out\.nc is no whole NetCDF file"):
        store.read(path)


def test_finished_chunks_are_found_again(tmp_path):
    Finished(tmp_path / "out.nc", "a" * 64)[3] = CHUNK
    again = Finished(tmp_path / "out.nc", "a" * 64)
    assert list(again) == [3] and 3 in again and 0 not in again
    for name, column in CHUNK.items():
        np.testing.assert_array_equal(again[3][name], column)
        assert again[3][name].dtype == column.dtype


def test_work_of_another_study_is_left_alone(tmp_path):
    one, other = (Finished(tmp_path / "out.nc", letter * 64) for letter in "ab")
    one[0] = CHUNK
    assert 0 not in other
    other.clear()
    assert 0 in one
    one.clear()
    assert not list(tmp_path.iterdir())


def test_a_chunk_cut_short_counts_as_not_finished(tmp_path):
    finished = Finished(tmp_path / "out.nc", "a" * 64)
    finished[0] = CHUNK
    (path,) = (tmp_path / "out.nc.parts" / ("a" * 16)).iterdir()
    path.write_bytes(path.read_bytes()[:-30])
    assert 0 not in finished
