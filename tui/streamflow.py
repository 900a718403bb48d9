"""Streamflow: what a simulation computed and what was measured, river by river."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from dmod.hydro.discharge import Discharge
    from dmod.hydro.observation import Observation
    from dmod.hydro.stamps import Stamps

NETCDF = RLock()  # its library is not made for two threads at a time


class River(NamedTuple):
    """The series of one feature."""

    feature: str
    gauge: str  # empty: nothing was measured there
    simulated: NDArray[np.float64]  # (steps,), m³/s
    observed: NDArray[np.float64] | None  # (steps,), m³/s, NaN for gaps


class Streamflow:
    """The rivers of one output, gauged ones first; each is read when it is looked at."""

    def __init__(
        self, discharge: Discharge, observation: Observation | None = None, crosswalk: Mapping[str, str] | None = None
    ) -> None:
        self._discharge, self._observation = discharge, observation
        gauges = {feature: gauge for gauge, feature in (crosswalk or {}).items()}
        known = set(observation.gauges) if observation else set()
        self.gauges = {name: gauges[name] for name in discharge.features if gauges.get(name) in known}
        rest = [name for name in discharge.features if name not in self.gauges]
        self.features: tuple[str, ...] = (*self.gauges, *rest)
        self.times: Stamps = discharge.times

    @classmethod
    def open(cls, output: Path, observed: Path | None = None) -> Streamflow:
        """From the folder of an output, and that of an observation dataset. Raises DmodError.

        The columns of the observations are features of the output if no crosswalk says otherwise.
        """
        from dmod.hydro import crosswalk, observation
        from dmod.hydro.discharge import open_discharge

        with NETCDF:
            discharge = open_discharge(output)
            if observed is None:
                return cls(discharge)
            measured = observation.read(observed)
            if any(observed.glob("*crosswalk*.json")):
                return cls(discharge, measured, crosswalk.read(observed))
            return cls(discharge, measured, {gauge: gauge for gauge in measured.gauges})

    def river(self, at: int) -> River:
        """The series of one feature. Raises DmodError."""
        feature = self.features[at]
        gauge = self.gauges.get(feature, "")
        with NETCDF:
            simulated = self._discharge.read([feature])[0]
        return River(feature, gauge, simulated, self._measured(gauge) if gauge else None)

    def close(self) -> None:
        """Close the files."""
        with NETCDF:
            self._discharge.__exit__(None, None, None)

    def _measured(self, gauge: str) -> NDArray[np.float64] | None:
        """What was measured over the steps of the simulation; a measurement over several of them stands for each."""
        import numpy as np

        measured = self._observation
        if measured is None:
            return None
        row = measured.gauges.index(gauge)
        if self._discharge.step % measured.step == 0:
            return np.asarray(measured.at(self.times, self._discharge.step)[row])
        whole = self.times.astype("datetime64[s]").astype(np.int64)
        places = (whole - measured.axis.begin) // measured.step
        inside = (places >= 0) & (places < measured.axis.count)
        return np.where(inside, measured.values[row, np.where(inside, places, 0)], np.nan)
