"""Simulated discharge in NetCDF: our output, and the one file of all nexuses that ngen can write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import UsageError
from dmod.hydro import stamps
from dmod.hydro.coverage import places
from dmod.hydro.discharge import OnAxis
from dmod.hydro.netcdf_file import clock_of, fill_of, ids_of, open_file, variable_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.netcdf_file import Values

_FLOWS = ("discharge", "flow")
_NEXUSES = ("nexus", "feature_id", "nexus_id")


class NetcdfDischarge(OnAxis):
    """`discharge(nexus, time)` in m³/s, and `runoff(catchment, time)` in m per step with `area(catchment)` in km²."""

    def __init__(self, path: Path, flows: Sequence[str] = _FLOWS, nexuses: Sequence[str] = _NEXUSES) -> None:
        """`flows` and `nexuses`: the names that the variable of discharge, and that of its ids, may have."""
        self._path = path
        self._file = open_file(path)
        try:
            self._flow = variable_of(self._file, flows, "discharge")
            ids = variable_of(self._file, nexuses, "ids of nexuses")
            self._nexuses = ids_of(ids, path, "nex-") if ids.size else ()
            self._upright = self._flow.dimensions[0] == ids.dimensions[0]
            time = variable_of(self._file, ("time",), "stamps")
            self._axis = stamps.axis(clock_of(time, path)(time[:]), lambda at: f"{path}: time[{at}]")
            self._catchments: tuple[str, ...] = ()
            if {"runoff", "catchment", "area"} <= set(self._file.variables):
                self._catchments = ids_of(self._file.variables["catchment"], path)
                self._file.variables["runoff"].set_auto_mask(False)
        except BaseException:
            self._file.close()
            raise
        self._index = {feature: at for at, feature in enumerate(self.features)}

    def __exit__(self, *_: object) -> None:
        if self._file.isopen():
            self._file.close()

    @property
    def features(self) -> tuple[str, ...]:
        """Nexuses first, then catchments."""
        return self._nexuses + self._catchments

    def read(self, features: Sequence[str]) -> NDArray[np.float64]:
        """Discharge in m³/s, (features, steps), NaN where nothing was written. Raises NotFoundError, UsageError."""
        rows = places(features, self._index, str(self._path), "discharge")
        values = np.empty((len(rows), self._axis.count))
        for at, row in enumerate(rows):
            catchment = row - len(self._nexuses)
            values[at] = self._nexus(row) if catchment < 0 else self._catchment(catchment)
        return values

    def _nexus(self, row: int) -> NDArray[np.float64]:
        return self._row(self._flow, row) if self._upright else self._row(self._flow, slice(None), row)

    def _catchment(self, row: int) -> NDArray[np.float64]:
        area = float(self._file.variables["area"][row])
        return self._row(self._file.variables["runoff"], row) * (area * 1e6 / self._axis.step)

    def _row(self, variable: Values, *key: int | slice) -> NDArray[np.float64]:
        try:
            values = np.asarray(variable[key], dtype=np.float64)
        except (OSError, RuntimeError) as error:
            raise UsageError(f"{self._path}: {variable.name} cannot be read", why=str(error)) from error
        return np.where(values == fill_of(variable), np.nan, values)
