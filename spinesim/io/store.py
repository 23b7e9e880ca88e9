"""Stores: datasets as NetCDF files that are never half-written, and work that survives a kill."""

import shutil
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import xarray as xr

from spinesim._files import replacing

Columns = dict[str, np.ndarray]


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


class Finished(MutableMapping[int, Columns]):
    """Finished chunks of work as files beside the result `path`, under the hash of what was asked.

    Each is renamed into place when it is whole, so that a process may be killed at any time; work of
    another hash is never taken for this one's. `clear` removes the files when the result is written.
    """

    def __init__(self, path: Path, key: str):
        self._all = path.with_name(path.name + ".parts")
        self._folder = self._all / key[:16]
        if not path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")

    def __getitem__(self, number: int) -> Columns:
        try:
            with np.load(BytesIO(self._file(number).read_bytes()), allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (FileNotFoundError, BadZipFile, ValueError) as error:
            raise KeyError(number) from error

    def __setitem__(self, number: int, columns: Columns) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._file(number)) as draft:
            np.savez(draft, allow_pickle=False, **columns)

    def __delitem__(self, number: int) -> None:
        self._file(number).unlink()

    def __iter__(self) -> Iterator[int]:
        return (int(path.stem) for path in sorted(self._folder.glob("[0-9]*.npz")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Remove the files, and the folder if no other work is in it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):
            self._all.rmdir()

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:06d}.npz"
