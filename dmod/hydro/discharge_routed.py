"""Simulated discharge after routing: nexuses and catchments with all that is upstream of them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import numpy as np

from dmod.errors import UsageError
from dmod.hydro import stamps
from dmod.hydro.discharge_netcdf import NetcdfDischarge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.discharge import Discharge
    from dmod.hydro.stamps import Stamps


class RoutedDischarge:
    """The streamflow of nexuses; and of catchments: what their flowpaths bring, and their own discharge."""

    def __init__(self, nexuses: Discharge, flowpaths: Discharge, local: Discharge) -> None:
        self._routed, self._flowpaths, self._local = nexuses, flowpaths, local
        self._nexuses = frozenset(nexuses.features)
        self._bringing = {f"cat-{name.removeprefix('wb-')}": name for name in flowpaths.features}
        if not np.array_equal(nexuses.times, local.times):
            first, last = (stamps.text(nexuses.times[at]) for at in (0, -1))
            raise UsageError(
                "the stamps of the routed streamflow are not those of the simulation", why=f"it has {first} to {last}"
            )

    @classmethod
    def open(cls, path: Path, local: Discharge) -> Self:
        """From the file that routing wrote, and the output of the simulation. Raises NotFoundError, UsageError."""
        with ExitStack() as stack:
            nexuses = stack.enter_context(NetcdfDischarge(path))
            flowpaths = stack.enter_context(NetcdfDischarge(path, ("outflow",), ("flowpath",)))
            made = cls(nexuses, flowpaths, local)
            stack.pop_all()
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._routed, self._flowpaths, self._local):
            each.__exit__()

    @property
    def features(self) -> tuple[str, ...]:
        """Nexuses first, then catchments."""
        return self._local.features

    @property
    def times(self) -> Stamps:
        """The starts of the steps, (steps,)."""
        return self._local.times

    @property
    def step(self) -> int:
        """Seconds."""
        return self._local.step

    def read(self, features: Sequence[str]) -> NDArray[np.float64]:
        """Discharge in m³/s, (features, steps). Raises NotFoundError, UsageError."""
        values = np.empty((len(features), len(self.times)))
        for source, wanted in ((self._routed, True), (self._local, False)):
            rows = [at for at, name in enumerate(features) if (name in self._nexuses) is wanted]
            values[rows] = source.read([features[at] for at in rows])
        fed = [at for at, name in enumerate(features) if name in self._bringing]
        values[fed] += self._flowpaths.read([self._bringing[features[at]] for at in fed])
        return values
