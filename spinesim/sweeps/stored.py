"""Sweeps in files: finished chunks that survive a kill, and a result that never is in memory as a whole."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from io import BytesIO
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from spinesim._files import replacing, writable
from spinesim.sweeps.design import Design
from spinesim.sweeps.ending import counted, ended
from spinesim.sweeps.table import Columns, about, outline, told

if TYPE_CHECKING:
    from xarray import Dataset

#: Cases that are written in one go: a write of HDF5 costs the same for one as for hundreds.
_AT_ONCE = 1024


class Finished(MutableMapping[int, Columns]):
    """Finished chunks of work as files beside the result `path`, under the hash of what was asked.

    Each is renamed into place when it is whole, so that a process may be killed at any time; work of
    another hash is never taken for this one's. `clear` removes the files when the result is written.
    """

    def __init__(self, path: Path, key: str):
        self.path = path
        self._all = path.with_name(path.name + ".parts")
        self._folder = self._all / key[:16]
        writable(path)

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


def write(asked: Design, finished: Mapping[int, Columns], path: Path, attrs: Mapping[str, str]) -> "Dataset":
    """The finished chunks of a design as one NetCDF file; a dataset that reads from it as it is asked.

    Chunks are read and written one after the other. `attrs` are added to its attributes.
    """
    import h5netcdf
    import xarray as xr

    with replacing(path) as draft:
        outline(asked, tuple(finished[0])).assign_attrs(attrs).to_netcdf(draft, engine="h5netcdf")
        counts: Counter[str] = Counter()
        with h5netcdf.File(draft, "a") as file:
            at = 0
            for columns in _gathered(finished):
                many = len(columns["status"])
                for name, column in columns.items():
                    _put(_variable(file, name, column, asked), asked.shape, at, told(name, column, columns))
                counts, at = counts + counted(columns["status"]), at + many
            file.attrs["ended"] = ended(counts)
    return xr.open_dataset(path, engine="h5netcdf")


def _gathered(finished: Mapping[int, Columns]) -> Iterator[Columns]:
    """Finished chunks in their order, some of them together."""
    held: list[Columns] = []
    count = len(finished)  # looks through a folder
    for number in range(count):
        held.append(finished[number])
        if number + 1 == count or sum(len(part["status"]) for part in held) >= _AT_ONCE:
            yield {name: np.concatenate([part[name] for part in held]) for name in held[0]}
            held.clear()


def _variable(file: Any, name: str, column: np.ndarray, asked: Design) -> Any:
    """The variable of a quantity, made when it is first asked for."""
    import h5py

    if name not in file.variables:
        dims, attrs = about(name)
        sizes = (*asked.shape, *column.shape[1:])
        known = file.dimensions
        known.update({dim: size for dim, size in zip(dims, sizes, strict=True) if dim not in known})
        kind = h5py.string_dtype() if name == "status" else column.dtype
        file.create_variable(name, dims, kind).attrs.update(attrs)
    return file.variables[name]


def _put(variable: Any, shape: tuple[int, ...], at: int, values: np.ndarray) -> None:
    """Write the cases from number `at` on."""
    done = 0
    for box in boxes(shape, at, at + len(values)):
        sizes = [one.stop - one.start for one in box]
        many = prod(sizes)
        variable[box] = values[done : done + many].reshape(*sizes, *values.shape[1:])
        done += many


def boxes(shape: tuple[int, ...], start: int, stop: int) -> Iterator[tuple[slice, ...]]:
    """Rectangles that the elements `start` to `stop` of an array of `shape` fill, in their order."""
    inner = prod(shape[1:])
    while start < stop:
        row, begun = divmod(start, inner)
        whole = (stop - start) // inner
        if begun or not whole:
            end = min(stop, (row + 1) * inner)
            for rest in boxes(shape[1:], begun, end - row * inner):
                yield slice(row, row + 1), *rest
            start = end
        else:
            yield slice(row, row + whole), *(slice(0, n) for n in shape[1:])
            start += whole * inner
