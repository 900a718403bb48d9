"""The forcing of a run as its models want it, from one dataset or several that complete each other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from dmod.errors import NotFoundError
from dmod.hydro import meteorology
from dmod.hydro.forcing import Forcing, open_forcing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dmod.hydro.hydrofabric import Hydrofabric
    from dmod.models.model import Clock, Series, Variable
    from dmod.worker.order import Source


class Weather:
    """The forcing datasets of a run, open until the run ends."""

    def __init__(self, sources: Sequence[Source], clock: Clock, fabric: Hydrofabric) -> None:
        if not sources:
            raise NotFoundError("the job has no forcing", fix="name one in [simulation] forcing")
        self._names = ", ".join(source.name for source in sources)
        self._open: list[Forcing] = [open_forcing(source.path) for source in sources]
        self._clock, self._fabric = clock, fabric
        begin = np.datetime64(clock.begin.replace(tzinfo=None), "s")
        self._times = begin + np.arange(clock.steps) * np.timedelta64(clock.step, "s")
        self._variables = tuple(dict.fromkeys(name for forcing in self._open for name in forcing.variables))

    def read(self, indices: Sequence[int], inputs: Sequence[Variable]) -> dict[str, Series]:
        """Model inputs by name, each (catchments, steps). Raises NotFoundError, UsageError."""
        names = [variable.name for variable in inputs]
        catchments = [self._fabric.catchments[index] for index in indices]
        wanted = meteorology.needed(self._variables, names)
        arrays = {name: self._variable(name, catchments) for name in wanted}
        latitudes = self._fabric.latitudes[list(indices)]
        return meteorology.series(arrays, names, self._times, self._clock.step, latitudes)

    def _variable(self, name: str, catchments: Sequence[str]) -> Series:
        """One variable over the whole period, put together from all datasets that have some of it."""
        having = [forcing for forcing in self._open if name in forcing.variables]
        if len(having) == 1:
            end = self._clock.begin + timedelta(seconds=self._clock.step * (self._clock.steps - 1))
            return having[0].read((name,), catchments, self._clock.begin, end)[name]
        values = np.full((len(catchments), self._clock.steps), np.nan)
        for forcing in having:
            self._fill(values, forcing, name, catchments)
        self._whole(values, name, catchments)
        return values

    def _fill(self, values: NDArray[np.float64], forcing: Forcing, name: str, catchments: Sequence[str]) -> None:
        known = set(forcing.catchments)
        rows = [row for row, catchment in enumerate(catchments) if catchment in known]
        steps = np.flatnonzero((self._times >= forcing.times[0]) & (self._times <= forcing.times[-1]))
        if not rows or not len(steps):
            return
        begin, end = (self._clock.begin + timedelta(seconds=self._clock.step * int(steps[edge])) for edge in (0, -1))
        read = forcing.read((name,), [catchments[row] for row in rows], begin, end)[name]
        values[rows, steps[0] : steps[-1] + 1] = read

    def _whole(self, values: NDArray[np.float64], name: str, catchments: Sequence[str]) -> None:
        missing = np.argwhere(np.isnan(values))
        if len(missing):
            row, step = missing[0]
            raise NotFoundError(
                f"no forcing has {name} of {catchments[row]} at {self._times[step]}Z",
                why=f"looked into {self._names}",
                fix="dmod dataset list --category forcing",
            )
