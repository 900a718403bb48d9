"""Simulated series in one NetCDF-4 file with CF attributes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from dmod.worker import netcdf_axes
from dmod.worker.failure import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.models.model import Variable
    from dmod.worker.blocks import Rows
    from dmod.worker.prepare import Run

    NcVariable = netCDF4.Variable[Any]


class NetcdfWriter:
    """`discharge(nexus, time)` in m³/s and `runoff(catchment, time)` in m per step, beside the other outputs.

    32-bit floats, as the forcing has them: seven digits, half the bytes. Rows lie one after the other, neither in
    chunks nor compressed: a feature's series is one read, and rows may come in any order without a second write.
    """

    def __init__(self, run: Run, folder: Path) -> None:
        self._run = run
        self._path = folder / f"{run.order.name.replace('/', '_')}.nc"
        try:
            self._file = netCDF4.Dataset(self._path, "w", format="NETCDF4")
        except OSError as error:
            raise OutputError(f"{self._path} cannot be written", why=str(error)) from error
        netcdf_axes.describe(
            self._file,
            f"Simulation {run.order.name}",
            "a time is the start of its step; discharge is local inflow, not routed",
        )
        netcdf_axes.put_ids(self._file, "nexus", run.fabric.nexuses)
        netcdf_axes.put_ids(self._file, "catchment", run.fabric.catchments)
        netcdf_axes.put_time(self._file, run.clock)
        self._areas()
        self._discharge = self._series("discharge", "nexus", "m3 s-1", "discharge into the nexus")
        self._made: dict[Variable, NcVariable] = {}

    def catchments(self, rows: Rows) -> None:
        """Write series of catchments; a variable is made when its first row comes."""
        for variable, series in rows.values.items():
            if variable not in self._made:
                self._made[variable] = self._variable(variable, first=not self._made)
            self._put(self._made[variable], rows.catchments, series)

    def nexuses(self, rows: Sequence[int], values: Sequence[NDArray[np.floating]]) -> None:
        """Write discharges of nexuses."""
        self._put(self._discharge, rows, values)

    def close(self) -> None:
        """Flush and close; a full disk shows here at the latest."""
        try:
            self._file.close()
        except (OSError, RuntimeError) as error:
            raise OutputError(f"{self._path} cannot be written", why=str(error)) from error

    def _variable(self, variable: Variable, *, first: bool) -> NcVariable:
        if first:
            return self._series("runoff", "catchment", "m", "runoff of the catchment per step")
        name = variable.name.replace("/", "_")
        while name in self._file.variables:  # the same in other units, or one of our own
            name += "_"
        return self._series(name, "catchment", variable.units or "1", variable.name, fill=True)

    def _series(self, name: str, dimension: str, units: str, long_name: str, *, fill: bool = False) -> NcVariable:
        made = self._file.createVariable(
            name, "f4", (dimension, "time"), contiguous=True, fill_value=np.float32(np.nan) if fill else False
        )
        made.setncatts({"units": units, "long_name": long_name, "coordinates": dimension})
        made.set_auto_maskandscale(False)  # a look for masked values would cost more than the write
        return made

    def _areas(self) -> None:
        area = self._file.createVariable("area", "f8", ("catchment",))
        area.setncatts({"units": "km2", "long_name": "area of the catchment"})
        area[:] = self._run.fabric.areas

    def _put(
        self,
        variable: NcVariable,
        rows: Sequence[int],
        values: Sequence[NDArray[np.floating]] | NDArray[np.floating],
    ) -> None:
        try:
            for begin, end in _runs(rows):
                variable[rows[begin] : rows[end - 1] + 1] = np.asarray(values[begin:end])
        except (OSError, RuntimeError) as error:
            raise OutputError(f"{self._path} cannot be written", why=str(error)) from error


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The stretches [begin, end) of `rows` that follow one another, so that each is one write."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    edges = [0, *breaks.tolist(), len(rows)]
    return ((begin, end) for begin, end in itertools.pairwise(edges) if end > begin)
