"""The forcing of a run as its models want it, from one dataset or several that complete each other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

import numpy as np

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import meteorology
from dmod.hydro.forcing import Forcing, open_forcing
from dmod.hydro.variables import VARIABLES, canonical, to_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from dmod.models.model import Clock, Series, Variable
    from dmod.worker.order import Source


class Weather:
    """The forcing datasets of a run, open until the run ends."""

    def __init__(self, sources: Sequence[Source], clock: Clock) -> None:
        self._names = ", ".join(source.name for source in sources)
        self._open: list[Forcing] = [open_forcing(source.path) for source in sources]
        for source, forcing in zip(sources, self._open, strict=True):
            if forcing.step != clock.step:
                raise UsageError(
                    f"forcing {source.name} has steps of {forcing.step} s, and the run of {clock.step} s",
                    fix=f"set output_interval to {forcing.step} in the realization, or name another forcing",
                )
        self._clock = clock
        begin = np.datetime64(clock.begin.replace(tzinfo=None), "s")
        self._times = begin + np.arange(clock.steps) * np.timedelta64(clock.step, "s")
        self._units: dict[str, str] = {}
        for source, forcing in zip(sources, self._open, strict=True):
            self._learn(source, forcing)
        self._variables = tuple(dict.fromkeys(name for forcing in self._open for name in forcing.variables))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for forcing in self._open:
            forcing.close()

    def _learn(self, source: Source, forcing: Forcing) -> None:
        """The units of a dataset's variables. Raises UsageError where another has the same one in other units."""
        for name, units in forcing.units.items():
            before = self._units.setdefault(canonical(name), units)
            if before != units:
                raise UsageError(
                    f"forcing {source.name} has {name} in {units!r}, and another in {before!r}",
                    why=f"looked into {self._names}",
                    fix="give them one unit, or name one of them in [simulation] forcing",
                )

    def read(
        self, catchments: Sequence[str], latitudes: Sequence[float], inputs: Sequence[Variable]
    ) -> dict[str, Series]:
        """Model inputs by name in the model's units, each (catchments, steps). Raises NotFoundError, UsageError."""
        names = [variable.name for variable in inputs]
        if names and not self._open:
            raise NotFoundError(
                "the job has no forcing",
                why=f"the model of {catchments[0]} takes {', '.join(names)}",
                fix="name one in [simulation] forcing",
            )
        wanted = meteorology.needed(self._variables, names)
        arrays = self._arrays(wanted, catchments)
        made = meteorology.series(arrays, names, self._times, self._clock.step, latitudes)
        return {variable.name: self._in_units(variable, made[variable.name]) for variable in inputs}

    def _in_units(self, variable: Variable, values: Series) -> Series:
        """A model's input in the units it wants; which conversion that is, is worked out once."""
        name = canonical(variable.name)
        known = VARIABLES.get(name)
        units = self._units.get(name, "") if known is None else known.units
        return to_model(name, units, variable.units, self._clock.step)(values)

    def _arrays(self, wanted: Sequence[str], catchments: Sequence[str]) -> dict[str, Series]:
        """Forcing variables over the whole period; those that one dataset alone has are read from it in one go."""
        arrays: dict[str, Series] = {}
        for forcing in self._open:
            alone = [name for name in wanted if self._having(name) == [forcing]]
            if alone:
                arrays |= forcing.read(alone, catchments, self._clock.begin, self._stamp(self._clock.steps - 1))
        return arrays | {name: self._joined(name, catchments) for name in wanted if name not in arrays}

    def _joined(self, name: str, catchments: Sequence[str]) -> Series:
        """One variable, put together from all datasets that have some of it."""
        values = np.full((len(catchments), self._clock.steps), np.nan)
        for forcing in self._having(name):
            self._fill(values, forcing, name, catchments)
        self._whole(values, name, catchments)
        return values

    def _having(self, name: str) -> list[Forcing]:
        return [forcing for forcing in self._open if name in forcing.variables]

    def _stamp(self, step: int) -> datetime:
        return self._clock.begin + timedelta(seconds=self._clock.step * step)

    def _fill(self, values: NDArray[np.float64], forcing: Forcing, name: str, catchments: Sequence[str]) -> None:
        known = set(forcing.catchments)
        rows = [row for row, catchment in enumerate(catchments) if catchment in known]
        steps = np.flatnonzero((self._times >= forcing.times[0]) & (self._times <= forcing.times[-1]))
        if not rows or not len(steps):
            return
        begin, end = self._stamp(int(steps[0])), self._stamp(int(steps[-1]))
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
