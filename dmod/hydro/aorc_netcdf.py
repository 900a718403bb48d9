"""Forcing as one NetCDF file with a row for each catchment, in the layouts that ngen reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

import netCDF4
import numpy as np

from dmod.errors import UsageError
from dmod.hydro import stamps, variables
from dmod.hydro.coverage import Coverage, places
from dmod.hydro.netcdf_file import clock_of, fill_of, ids_of, open_file, variable_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.stamps import Stamps

    Values = netCDF4.Variable[Any]

IDS = ("ids", "id", "catchment-id", "catchment_id", "divide_id", "feature_id")
_TIMES = ("Time", "time")
_BRIDGE = 4  # rows that are not wanted are read through when there are at most as many between two that are
_ROWS = 64  # rows of a chunk: a block of catchments over the whole period is what a worker reads


class NetcdfForcing:
    """One file, open until `close`; blocks of rows are read as they are asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open_file(path)
        try:
            ids = variable_of(self._file, IDS, "ids of the catchments")
            self._catchments = ids_of(ids, path)
            self._time = variable_of(self._file, _TIMES, "stamps")
            self._row = ids.dimensions[0]
            self._column = self._time.dimensions[-1]
            self._decode = clock_of(self._time, path)
            self._raw = self._time[0, :] if self._time.ndim == 2 else self._time[:]
            self._axis = stamps.axis(self._decode(self._raw), lambda at: f"{path}: {self._time.name}[{at}]")
        except BaseException:
            self._file.close()
            raise
        self._index = {catchment: at for at, catchment in enumerate(self._catchments)}
        self._names = self._variables()
        said = {name: str(getattr(variable, "units", "")) for name, variable in self._names.items()}
        self._scales = {name: variables.conversion(name, unit, str(path)) for name, unit in said.items()}
        self._said = variables.units_of(tuple(self._names), said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file.isopen():
            self._file.close()

    @property
    def catchments(self) -> tuple[str, ...]:
        """In the order of the file."""
        return self._catchments

    @property
    def variables(self) -> tuple[str, ...]:
        """The AORC names of the variables."""
        return tuple(self._names)

    @property
    def units(self) -> Mapping[str, str]:
        """The unit in which `read` gives each variable."""
        return self._said

    @property
    def step(self) -> int:
        """Seconds."""
        return self._axis.step

    @property
    def times(self) -> Stamps:
        """The stamps, (steps,)."""
        return self._axis.stamps()

    def scan(self) -> Coverage:
        """The one period of the file, from its coordinates alone; checks the first and last stamp of each catchment."""
        if self._time.ndim == 2:
            for column in (0, self._axis.count - 1):
                self._same_times(np.arange(len(self._catchments)), slice(column, column + 1))
        count = len(self._catchments)
        begins, ends = (np.full(count, at).astype("datetime64[s]") for at in (self._axis.begin, self._axis.end))
        return Coverage(self._catchments, begins, ends, self._axis.step, self.variables, self.units)

    def read(
        self, variables: Sequence[str], catchments: Sequence[str], begin: datetime, end: datetime
    ) -> dict[str, NDArray[np.float64]]:
        """The series of each variable, under the name it was asked by: (catchments, steps), both stamps included.

        Raises NotFoundError for a catchment or variable that is not there, UnmetError for a period that is not
        covered, UsageError for a missing value, with catchment and stamp.
        """
        rows = np.array(places(catchments, self._index, str(self._path)), dtype=np.int64)
        span = self._axis.rows(begin, end, str(self._path))
        if self._time.ndim == 2:
            self._same_times(rows, span)
        picked = _pick(variables, self.variables, str(self._path))
        return {name: self._values(own, rows, span) for name, own in picked.items()}

    def _values(self, name: str, rows: NDArray[np.int64], span: slice) -> NDArray[np.float64]:
        variable = self._names[name]
        values = np.empty((rows.size, span.stop - span.start))
        for places_, block in self._blocks(variable, rows, span):
            wrong = _missing(block, fill_of(variable))
            if wrong.size:
                row, column = (int(at) for at in wrong[0])
                catchment = self._catchments[rows[places_[row]]]
                stamp = stamps.text(self._axis.begin + (span.start + column) * self._axis.step)
                raise UsageError(
                    f"{self._path}: {name} of {catchment} at {stamp} is missing",
                    why="forcing has no gaps: every step needs a number",
                )
            values[places_] = block
        factor, offset = self._scales[name]
        if (factor, offset) != (1.0, 0.0):
            values = values * factor + offset
        return values

    def _blocks(
        self, variable: Values, rows: NDArray[np.int64], span: slice
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
        """Where the rows of a block belong, and the block, for as few reads as the rows allow."""
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        cuts = np.flatnonzero(np.diff(ordered) > _BRIDGE + 1) + 1
        for group, members in zip(np.split(ordered, cuts), np.split(order, cuts), strict=True):
            if group.size == 0:
                continue
            stretch = slice(int(group[0]), int(group[-1]) + 1)
            try:
                upright = variable.dimensions[0] == self._row
                block = variable[stretch, span] if upright else variable[span, stretch].T
            except (OSError, RuntimeError) as error:
                raise UsageError(f"{self._path}: {variable.name} cannot be read", why=str(error)) from error
            whole = np.ma.filled(block, np.nan) if np.ma.isMaskedArray(block) else block
            yield members, whole if (np.diff(group) == 1).all() else whole[group - group[0]]

    def _same_times(self, rows: NDArray[np.int64], span: slice) -> None:
        for places_, block in self._blocks(self._time, rows, span):
            wrong = block != self._raw[span]
            if wrong.any():
                row, column = (int(at) for at in np.argwhere(wrong)[0])
                catchment = self._catchments[rows[places_[row]]]
                found = stamps.text(int(self._decode(block[row, column]).astype(np.int64)))
                raise UsageError(
                    f"{self._path}: the stamps of {catchment} are not those of {self._catchments[0]}",
                    why=f"at step {span.start + column} it has {found}",
                )

    def _variables(self) -> dict[str, Values]:
        both = {self._row, self._column}
        own = [v for v in self._file.variables.values() if set(v.dimensions) == both and v.name != self._time.name]
        for variable in own:
            packed = hasattr(variable, "scale_factor") or hasattr(variable, "add_offset")
            variable.set_auto_maskandscale(packed)  # masks cost a pass over the data; missing values are looked for
        return dict(zip(variables.distinct([variable.name for variable in own]), own, strict=True))


def _missing(block: NDArray[Any], fill: float) -> NDArray[np.int64]:
    """Row and column of each value that is none, (values, 2)."""
    if not block.size:
        return np.empty((0, 2), dtype=np.int64)
    low, high = block.min(), block.max()  # two quick passes say that there is none, as there nearly always is
    if np.isfinite(low) and np.isfinite(high) and not low <= fill <= high:
        return np.empty((0, 2), dtype=np.int64)
    return np.argwhere(~np.isfinite(block) | (block == fill))


def _pick(wanted: Sequence[str], available: Sequence[str], where: str) -> dict[str, str]:
    return variables.pick(wanted, available, where)


def write(
    path: Path,
    times: Stamps,
    catchments: Sequence[str],
    series: Mapping[str, NDArray[Any]],
    units: Mapping[str, str],
) -> None:
    """Write series of shape (catchments, steps) as 32-bit floats, whole or not at all.

    Units that are not given are those of VARIABLES. Raises UsageError if a shape does not fit.
    """
    shape = (len(catchments), len(times))
    for name, values in series.items():
        if values.shape != shape:
            raise UsageError(f"{path}: {name} has the shape {values.shape}, not (catchments, steps) = {shape}")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with netCDF4.Dataset(temporary, "w") as file:
            _define(file, catchments, shape)
            _fill_time(file, times, shape)
            for name, values in series.items():
                unit = units.get(name) or variables.units_of([name], {})[name]
                _fill_variable(file, name, values, unit)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _define(file: netCDF4.Dataset, catchments: Sequence[str], shape: tuple[int, int]) -> None:
    file.createDimension("catchment-id", shape[0])
    file.createDimension("time", shape[1])
    ids = file.createVariable("ids", str, ("catchment-id",))
    ids[:] = np.array(catchments, dtype=object)


def _fill_time(file: netCDF4.Dataset, times: Stamps, shape: tuple[int, int]) -> None:
    chunk = (max(1, min(_ROWS, shape[0])), max(1, shape[1]))
    time = file.createVariable(
        "Time", "f8", ("catchment-id", "time"), chunksizes=chunk, compression="zlib", complevel=1, fill_value=False
    )
    time.units = "s"
    stamps_ = times.astype("datetime64[s]").astype(np.int64)
    for row in range(0, shape[0], _ROWS):
        time[row : row + _ROWS] = np.broadcast_to(stamps_, (min(_ROWS, shape[0] - row), shape[1]))


def _fill_variable(file: netCDF4.Dataset, name: str, values: NDArray[Any], unit: str) -> None:
    variable = file.createVariable(name, "f4", ("catchment-id", "time"), contiguous=True, fill_value=np.float32(np.nan))
    variable.units = unit
    for row in range(0, values.shape[0], _ROWS):
        variable[row : row + _ROWS] = values[row : row + _ROWS]
