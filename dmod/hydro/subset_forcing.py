"""The part of a forcing: the CSV files of its catchments, or their rows of a NetCDF file in whichever layout."""

from __future__ import annotations

import shutil
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import netCDF4
import numpy as np

from dmod.errors import UnmetError, UsageError
from dmod.hydro.csv_file import catalogue
from dmod.hydro.forcing import files_of
from dmod.hydro.ids import some
from dmod.hydro.netcdf_file import ids_of, open_file, variable_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.netcdf_file import Values

BLOCK = 64 << 20  # bytes that are copied at once
BRIDGE = 16  # rows that are not wanted are read through when there are at most as many between two that are


def cut(folder: Path, target: Path, catchments: Sequence[str]) -> tuple[str, ...]:
    """Write the forcing of those of the catchments that it has, and give them.

    What is written has the bytes of the original: values are copied as they are stored, without unpacking. Raises
    UnmetError for a forcing that has none of them, NotFoundError and UsageError for what is no forcing.
    """
    tables, grids = files_of(folder)
    if grids:
        return _cut_grid(grids[0], target / grids[0].name, catchments)
    files = catalogue(tables)
    own = _own(list(files), catchments, folder)
    for catchment in own:
        shutil.copyfile(files[catchment], target / files[catchment].name)
    return own


def _own(has: Sequence[str], catchments: Sequence[str], where: Path) -> tuple[str, ...]:
    wanted = set(catchments)
    own = tuple(name for name in has if name in wanted)
    if not own:
        raise UnmetError(
            f"{where} has no forcing for any of the {len(wanted):,} catchments",
            why=f"it has {some(has)}, and the part {some(catchments)}",
            fix="dmod dataset list --category forcing, and --with another",
        )
    return own


def _cut_grid(source: Path, target: Path, catchments: Sequence[str]) -> tuple[str, ...]:
    from dmod.hydro.aorc_netcdf import IDS

    with open_file(source) as old:
        ids = variable_of(old, IDS, "ids of the catchments")
        names = ids_of(ids, source)
        own = _own(names, catchments, source)
        there = set(own)
        rows = np.array([at for at, name in enumerate(names) if name in there], dtype=np.int64)
        with netCDF4.Dataset(target, "w", format=old.data_model) as new:
            _define(old, new, {ids.dimensions[0]: rows.size})
            for name in old.variables:
                try:
                    _copy(old.variables[name], new.variables[name], ids.dimensions[0], rows)
                except (OSError, RuntimeError) as error:
                    raise UsageError(f"{source}: {name} cannot be copied", why=str(error)) from error
    return own


def _define(old: netCDF4.Dataset, new: netCDF4.Dataset, sizes: Mapping[str, int]) -> None:
    """The same dimensions (but for those sizes, and none unlimited), attributes and variables, none of them filled."""
    new.set_fill_off()
    new.setncatts({name: old.getncattr(name) for name in old.ncattrs()})
    for name, dimension in old.dimensions.items():
        new.createDimension(name, sizes.get(name, len(dimension)))
    for name, variable in old.variables.items():
        fill = variable.getncattr("_FillValue") if "_FillValue" in variable.ncattrs() else None
        made = new.createVariable(
            name, variable.dtype, variable.dimensions, fill_value=fill, **_stored(variable, sizes)
        )
        made.setncatts({key: variable.getncattr(key) for key in variable.ncattrs() if key != "_FillValue"})


def _stored(variable: Values, sizes: Mapping[str, int]) -> dict[str, Any]:
    """How a variable is to lie in its file, in the words of createVariable: as it did, but in one piece where it can.

    Files are met with chunks of three values, whose index is larger than they are.
    """
    chunks, told = cast("list[int]", variable.chunking()), cast("dict[str, Any] | None", variable.filters())
    filters = told or {}  # NetCDF-3 has none
    said: dict[str, Any] = {"endian": variable.endian()}
    if filters.get("zlib"):
        said |= {"compression": "zlib", "complevel": filters["complevel"], "shuffle": filters["shuffle"]}
        pairs = zip(variable.dimensions, chunks, strict=True)
        said["chunksizes"] = [min(chunk, sizes.get(name, chunk)) for name, chunk in pairs]
    return said


def _copy(old: Values, new: Values, dimension: str, rows: NDArray[np.int64]) -> None:
    """Copy the rows of a variable as they are stored; one that has no such dimension whole."""
    for each in (old, new):
        each.set_auto_maskandscale(False)
        if _is_numeric(each):
            each.set_auto_chartostring(False)
    if dimension not in old.dimensions:
        if old.ndim == 0 or all(old.shape):
            new[...] = old[...]
        return
    axis = old.dimensions.index(dimension)
    for begin, end, taken in _stretches(rows, _rows_of_block(old, axis)):
        for other in _others(old, axis):
            read: list[Any] = [slice(None)] * old.ndim
            read[0] = other
            write = list(read)
            read[axis], write[axis] = slice(int(taken[0]), int(taken[-1]) + 1), slice(begin, end)
            block = old[tuple(read)]
            new[tuple(write)] = block if block.shape[axis] == taken.size else np.take(block, taken - taken[0], axis)


def _rows_of_block(variable: Values, axis: int) -> int:
    """How many rows are read at once; where they are no leading dimension, all of them, for a part of that."""
    row = _width(variable) * int(np.prod(variable.shape)) // max(variable.shape[axis], 1)
    return max(1, BLOCK // max(row, 1)) if axis == 0 else variable.shape[axis]


def _others(variable: Values, axis: int) -> Iterator[slice]:
    """The parts of the leading dimension in which a variable is copied; all at once where that is the rows'."""
    if axis == 0:
        yield slice(None)
        return
    each = _width(variable) * int(np.prod(variable.shape[1:]))
    many = max(1, BLOCK // max(each, 1))
    yield from (slice(at, min(at + many, variable.shape[0])) for at in range(0, variable.shape[0], many))


def _width(variable: Values) -> int:
    """Bytes of one value."""
    return int(variable.dtype.itemsize) if _is_numeric(variable) else 64


def _is_numeric(variable: Values) -> bool:
    """Whether its values have a fixed size: of a text of any length netCDF4 says `str`."""
    return isinstance(variable.dtype, np.dtype)


def _stretches(rows: NDArray[np.int64], most: int) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Where the wanted rows go and which they are, in stretches with few unwanted between them, `most` rows at once."""
    cuts = [0, *(np.flatnonzero(np.diff(rows) > BRIDGE + 1) + 1).tolist(), rows.size]
    for first, last in pairwise(cuts):
        begin = first
        while begin < last:
            end = int(np.searchsorted(rows[:last], rows[begin] + most, side="left"))
            yield begin, end, rows[begin:end]
            begin = end
