"""Simulated discharge: the output of a simulation, ours or ngen's, read feature by feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.ids import some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dmod.hydro.stamps import Axis, Stamps


ENDINGS = (".nc", ".csv", ".parquet")
ROUTED = "routed"  # the folder in an output that has the streamflow after routing


class Discharge(Protocol):
    """Series of discharge at nexuses, and of catchments where their areas are known; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    @property
    def features(self) -> tuple[str, ...]:
        """Nexuses first, then catchments."""
        ...

    @property
    def times(self) -> Stamps:
        """The starts of the steps, (steps,)."""
        ...

    @property
    def step(self) -> int:
        """Seconds."""
        ...

    def read(self, features: Sequence[str]) -> NDArray[np.float64]:
        """Discharge in m³/s, (features, steps). Raises NotFoundError for a feature that is not there."""
        ...


class OnAxis:
    """What every reader of files has whose features share their steps."""

    _axis: Axis

    def __enter__(self) -> Self:
        return self

    @property
    def times(self) -> Stamps:
        """The starts of the steps, (steps,)."""
        return self._axis.stamps()

    @property
    def step(self) -> int:
        """Seconds."""
        return self._axis.step


def open_discharge(folder: Path, areas: Mapping[str, float] | None = None) -> Discharge:
    """The discharge in an output dataset: our NetCDF or Parquet, or `nex-*_output.csv` and `cat-*.csv` as ngen writes.

    A catchment's own discharge is its runoff times its area; CSV files do not hold areas, so catchments are among the
    features only with `areas` (km² by catchment). Where the simulation was routed, nexuses and catchments have the
    streamflow of all that is upstream of them too. Raises NotFoundError, UsageError.
    """
    from dmod.hydro.discharge_routed import RoutedDischarge

    found = _local(folder, areas or {})
    routed = sorted((folder / ROUTED).glob("*.nc")) if folder.is_dir() else []
    if not routed:
        return found
    try:
        return RoutedDischarge.open(routed[0], found)
    except BaseException:
        found.__exit__()
        raise


def _local(folder: Path, areas: Mapping[str, float]) -> Discharge:
    from dmod.hydro.discharge_csv import CsvDischarge
    from dmod.hydro.discharge_netcdf import NetcdfDischarge

    if not folder.exists():
        raise NotFoundError(f"{folder}: no such file or folder")
    files = [folder] if folder.is_file() else sorted(path for path in folder.iterdir() if path.suffix in ENDINGS)
    grids = [path for path in files if path.suffix == ".nc"]
    if len(grids) > 1:
        raise UsageError(f"{folder} holds several NetCDF files: {some(path.name for path in grids)}", fix="give one")
    if grids:
        return NetcdfDischarge(grids[0])
    if any(path.suffix == ".parquet" for path in files):
        from dmod.hydro.discharge_parquet import ParquetDischarge

        return ParquetDischarge([path for path in files if path.suffix == ".parquet"], areas)
    found = CsvDischarge.find(files, areas)
    if found is None:
        raise NotFoundError(
            f"no discharge at {folder}",
            why="it would be a .nc file, .parquet, nex-*_output.csv, or cat-*.csv with known areas",
        )
    return found
