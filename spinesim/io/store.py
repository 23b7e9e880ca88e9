"""Stores: datasets as NetCDF files that are never half-written."""

from pathlib import Path

import xarray as xr

from spinesim._files import replacing


def write(ds: xr.Dataset, path: Path) -> None:
    """A dataset as NetCDF, under a temporary name until it is whole."""
    with replacing(path) as draft:
        ds.to_netcdf(draft, engine="h5netcdf")


def read(path: Path) -> xr.Dataset:
    """A dataset that `write` wrote; a file cut short or of another kind is a ValueError."""
    try:
        return xr.load_dataset(path, engine="h5netcdf")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path} is no whole NetCDF file: {error}") from error
