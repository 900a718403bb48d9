"""Routing after a simulation, in rank 0: from what the catchments gave to each nexus to the discharge of the rivers."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import netCDF4
import numpy as np

from dmod.errors import UsageError
from dmod.hydro import channel
from dmod.hydro.discharge import ROUTED
from dmod.hydro.routing import Muskingum, Network
from dmod.worker import netcdf_axes
from dmod.worker.failure import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.routing import Series
    from dmod.worker.prepare import Run

KEPT = "nexuses.f64"  # beside the growing output, until all is routed
BLOCK = 64 << 20  # bytes of the nexuses' series that are routed at once
SHOWN = 100  # catchments that are told by name


def routed(run: Run) -> bool:
    """Whether the water travels down the flowpaths: as the job says, else if the realization asks for t-route."""
    asked = run.order.spec.get("routing", "auto")
    return asked == "muskingum" or (asked == "auto" and bool(run.realization.document.get("routing")))


class Router:
    """The series of the nexuses as they come, then their way down the flowpaths, a block of time after the other."""

    def __init__(self, run: Run) -> None:
        """Raises UnmetError for a hydrofabric without K and X, before anything is simulated."""
        fabric = run.fabric
        if not fabric.nexuses:
            raise UsageError(f"job {run.order.name} has no nexus: there is nothing to route", fix='routing = "none"')
        found = channel.read(run.order.the("hydrofabric").path, fabric.catchments)
        self._run, self._assumed = run, found.assumed
        self._channels = Muskingum(Network.of(fabric), found.lags, found.weights, run.clock.step)
        self._path = run.order.partial / KEPT
        self._shape = (len(fabric.nexuses), run.clock.steps)
        try:
            self._local = np.memmap(self._path, np.float64, "w+", shape=self._shape)
        except OSError as error:
            raise OutputError(f"{self._path} cannot be written", why=str(error)) from error

    def nexuses(self, rows: Sequence[int], values: Sequence[NDArray[np.floating]]) -> None:
        """Take the local inflow of nexuses in m³/s, whole series in any order."""
        for row, series in zip(rows, values, strict=True):
            self._local[row] = series

    def close(self, folder: Path) -> dict[str, Any]:
        """Route everything, write `routed/streamflow.nc` in `folder`, and give what became of the water."""
        path = folder / ROUTED / "streamflow.nc"
        try:
            path.parent.mkdir()
            volumes = self._write(path)
        except (OSError, RuntimeError) as error:
            raise OutputError(f"{path} cannot be written", why=str(error)) from error
        finally:
            del self._local
            with suppress(OSError):
                self._path.unlink()
        return self._summary(*volumes)

    def _write(self, path: Path) -> tuple[float, float]:
        """The file; what came in and what left, m³."""
        network, step = self._channels.network, self._run.clock.step
        ends = np.concatenate([network.mouths, np.flatnonzero((network.reaches >= 0) & (network.below < 0))])
        came = left = 0.0
        with _File(path, self._run, network) as file:
            for at, local in self._blocks():
                discharge, outflow = self._channels.route(local)
                file.put(at, discharge, outflow)
                came += float(local.sum()) * step
                left += float(np.where(network.reaches[ends, None] < 0, discharge[ends], outflow[ends]).sum()) * step
        return came, left

    def _blocks(self) -> Iterator[tuple[int, Series]]:
        steps = max(1, BLOCK // (8 * self._shape[0]))
        for at in range(0, self._shape[1], steps):
            yield at, np.array(self._local[:, at : at + steps])

    def _summary(self, came: float, left: float) -> dict[str, Any]:
        plan = self._channels.plan
        stored = self._channels.stored()
        return {
            "method": "muskingum",
            "flowpaths": int(plan.pieces.size),
            "pieces": int(plan.pieces.sum()),
            "most_sub_steps": int(plan.parts.max(initial=0)),
            "inflow_m3": came,
            "outflow_m3": left,
            "stored_m3": stored,
            "error_m3": came - left - stored,
            "assumed": len(self._assumed),
            "first_assumed": list(self._assumed[:SHOWN]),
        }


class _File:
    """`discharge(nexus, time)`, and `outflow(flowpath, time)` of the flowpaths that take water on."""

    def __init__(self, path: Path, run: Run, network: Network) -> None:
        self._file = netCDF4.Dataset(path, "w", format="NETCDF4")
        self._rows = np.flatnonzero(network.reaches >= 0)
        own, self._flowpath = np.unique(network.reaches[self._rows], return_inverse=True)
        names = [f"wb-{run.name(at)[4:]}" if run.name(at).startswith("cat-") else run.name(at) for at in own.tolist()]
        netcdf_axes.describe(
            self._file,
            f"Streamflow of simulation {run.order.name}",
            "a time is the start of its step, a value the mean of it; routed by Muskingum's method",
        )
        netcdf_axes.put_time(self._file, run.clock)
        self._discharge = self._series("discharge", "nexus", run.fabric.nexuses, "streamflow at the nexus")
        self._outflow = self._series("outflow", "flowpath", names, "what a flowpath brings from its upper nexus")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, at: int, discharge: Series, outflow: Series) -> None:
        """Write a block of time that begins at a step."""
        span = slice(at, at + discharge.shape[1])
        self._discharge[:, span] = discharge
        if self._rows.size:
            together = np.zeros((self._outflow.shape[0], discharge.shape[1]))
            np.add.at(together, self._flowpath, outflow[self._rows])
            self._outflow[:, span] = together

    def _series(self, name: str, of: str, ids: Sequence[str], long_name: str) -> netCDF4.Variable[Any]:
        netcdf_axes.put_ids(self._file, of, ids)
        made = self._file.createVariable(name, "f4", (of, "time"), contiguous=bool(ids), fill_value=False)
        made.setncatts({"units": "m3 s-1", "long_name": long_name, "coordinates": of})
        made.set_auto_maskandscale(False)
        return made
