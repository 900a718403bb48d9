"""The rainfall-runoff models of holmes-rs as whole-series models, with CemaNeige in front where there is snow."""

from __future__ import annotations

import importlib
import re
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from dmod.errors import DmodError, UnmetError, UsageError
from dmod.models.model import Clock, ModelError, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dmod.models.model import Series

RAIN = Variable("precipitation", "mm")
EVAPORATION = Variable("potential_evapotranspiration", "mm")
TEMPERATURE = Variable("temperature", "degC")
RUNOFF = Variable("Q_OUT", "m")
SNOW = ("ctg", "kf", "qnbv")
BANDS = ("elevation_layers", "median_elevation")
SNOWY = frozenset((*SNOW, *BANDS))
ELSEWHERE = ("latitude",)  # known to the worker, which makes evapotranspiration with it
_DAY = 86_400


def library(name: str) -> Any:  # noqa: ANN401 - the library has no stubs mypy could follow
    """A module or class of holmes_rs, e.g. `hydro.gr4j`. Raises UnmetError where the package is not installed."""
    try:
        parent, leaf = f"holmes_rs.{name}".rsplit(".", 1)
        return getattr(importlib.import_module(parent), leaf)
    except ModuleNotFoundError as error:
        raise UnmetError(
            "the series models need the package holmes-rs", why=str(error), fix="pip install 'dmod[models]'"
        ) from error


@cache
def limits(name: str) -> tuple[tuple[str, float, float], ...]:
    """Name, lowest and highest value of each parameter of a module of the library."""
    module = library(name)
    return tuple((name, *bounds) for name, bounds in zip(module.param_names, module.init()[1].tolist(), strict=True))


class Snow(NamedTuple):
    """What CemaNeige is given, checked (Valéry, Andréassian and Perrin 2014, Journal of Hydrology 517)."""

    factors: Series  # ctg, kf (mm per degC and step), qnbv (mm, the mean solid precipitation of a year)
    layers: Series  # m, height of each elevation band
    median: float  # m, where the forcing holds


class Holmes:
    """A model of holmes-rs for one catchment.

    It was written for days and takes any step: what its parameters call a day is then a step, so parameters hold for
    the step they were calibrated with (x4 of GR4J = 6 is 6 hours in an hourly run) and not for another. The library's
    bounds stay as they are for days: x4 is 10 steps at most.
    """

    code: ClassVar[str]  # its module in holmes_rs.hydro

    def __init__(self) -> None:
        self.catchment = ""
        self.clock: Clock | None = None
        self.parameters: dict[str, NDArray[np.float64]] = {}
        self._module = library(f"hydro.{self.code}")
        self._vector: NDArray[np.float64] | None = None  # checked, in the library's order
        self._snow: Snow | None = None
        self._days: NDArray[np.uintp] = np.empty(0, np.uintp)

    def configure(self, parameters: Mapping[str, Any], *, catchment: str = "", clock: Clock | None = None) -> None:
        """Take parameters by name (numbers, or a list for `elevation_layers`), the catchment's name and the steps."""
        self.catchment, self.clock = catchment or self.catchment, clock or self.clock
        for name, value in parameters.items():
            self._set(name, value)
        self._vector = None
        self._days = np.empty(0, np.uintp)

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """Rain and evapotranspiration in mm per step, and the temperature where there is snow."""
        return (RAIN, EVAPORATION, TEMPERATURE) if self.snow else (RAIN, EVAPORATION)

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The runoff in m per step."""
        return (RUNOFF,)

    @property
    def columns(self) -> Mapping[str, str]:
        """The runoff."""
        return {RUNOFF.name: RUNOFF.name}

    @property
    def snow(self) -> bool:
        """Whether CemaNeige runs in front of the model: it does once one of its parameters is given."""
        return not self.parameters.keys().isdisjoint(SNOWY)

    def check(self) -> None:
        """Say which parameter is missing, not a number or out of its bounds: UsageError with catchment and name."""
        if self._vector is not None:
            return
        if lacking := self.lacking():
            names, one = ", ".join(lacking), len(lacking) == 1
            raise UsageError(
                f"{self._where}: {f'parameter {names} is' if one else f'parameters {names} are'} missing",
                why=", ".join(f"{name} is {what}" for name, what in lacking.items()),
                fix=f"add {names} to model_params of the realization",
            )
        vector = self._checked(f"hydro.{self.code}")
        if self.snow:
            factors = self._checked("snow.cemaneige")
            layers, median = (self.parameters[name] for name in BANDS)
            if not np.isfinite(layers).all() or not np.isfinite(median).all():
                raise UsageError(f"{self._where}: {' and '.join(BANDS)} must be heights in m")
            self._snow = Snow(factors, layers, float(median[0]))
        self._vector = vector

    def lacking(self) -> dict[str, str]:
        """The parameters that are not given, and what each may be: `{"x2": "-5 to 3"}`."""
        modules = (f"hydro.{self.code}", *(["snow.cemaneige"] if self.snow else []))
        wanted = {name: f"{low:g} to {high:g}" for module in modules for name, low, high in limits(module)}
        wanted |= {"elevation_layers": "a list of heights in m", "median_elevation": "in m"} if self.snow else {}
        return {name: what for name, what in wanted.items() if name not in self.parameters}

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """The runoff `Q_OUT` in m per step for whole series of shape (steps,)."""
        self.check()
        rain = forcing[RAIN.name]
        try:
            if self._snow is not None:
                rain = self._melt(self._snow, rain, forcing[TEMPERATURE.name])
            discharge = self._module.simulate(self._vector, rain, forcing[EVAPORATION.name])
        except library("HolmesError") as error:
            raise self._failed(error) from error
        return {RUNOFF.name: discharge * 1e-3}

    def _melt(self, snow: Snow, rain: Series, temperature: Series) -> Series:
        steps = len(rain)
        if len(self._days) < steps:
            self._days = self._days_of_year(max(steps, self.clock.steps if self.clock else 0))
        melt: Series = library("snow.cemaneige").simulate(
            snow.factors, rain, temperature, self._days[:steps], snow.layers, snow.median
        )
        return melt

    def _days_of_year(self, steps: int) -> NDArray[np.uintp]:
        """The day of the year, from 1, of each step: the gradients of CemaNeige go with the season."""
        if self.clock is None:
            raise UsageError(
                f"{self._where}: with snow the model must know its first day",
                fix='add "start_time" and "time_step" to its configuration',
            )
        begin = np.datetime64(self.clock.begin.replace(tzinfo=None), "s")
        stamps = begin + np.arange(steps) * np.timedelta64(self.clock.step, "s")
        days: NDArray[np.int64] = (stamps.astype("M8[D]") - stamps.astype("M8[Y]")).astype(np.int64)
        return (days + 1).astype(np.uintp)

    def _set(self, name: str, value: Any) -> None:  # noqa: ANN401 - what JSON holds
        known = (*self._module.param_names, *SNOW, *BANDS)
        if name in ELSEWHERE:
            return
        if name not in known:
            raise UsageError(f"{self._where} has no parameter {name!r}", why=f"it has {', '.join(known)}")
        try:
            numbers = np.array(value, dtype=np.float64, ndmin=1)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{self._where}: parameter {name} is {value!r}, not a number") from error
        if not numbers.size:
            raise UsageError(f"{self._where}: parameter {name} is an empty list, not a number")
        self.parameters[name] = numbers
        self._vector = None

    def _checked(self, module: str) -> NDArray[np.float64]:
        """The parameters of a module of the library in its order."""
        names = [name for name, _, _ in limits(module)]
        for name in names:
            self.within(name)
        return np.array([float(self.parameters[name][0]) for name in names])

    def within(self, name: str) -> None:
        """Raise UsageError if a parameter that is given is out of the library's bounds."""
        for module in (f"hydro.{self.code}", "snow.cemaneige"):
            for known, low, high in limits(module):
                if known == name and not low <= (value := float(self.parameters[name][0])) <= high:
                    raise UsageError(
                        f"{self._where}: parameter {name} is {value:g}, outside {low:g} to {high:g}",
                        fix=f"change {name} in model_params of the realization",
                    )

    @property
    def _where(self) -> str:
        name = type(self).__name__
        return f"{self.catchment}: {name}" if self.catchment else name

    def _failed(self, error: Exception) -> DmodError:
        """The library's refusal with the catchment, and the stamp of the value it did not like."""
        found = re.search(r"at index (\d+)", str(error))
        if not isinstance(error, library("HolmesValidationError")):
            return ModelError(f"{self._where} failed", why=str(error))
        when = ""
        if found and self.clock:
            when = f" at {self.clock.begin + timedelta(seconds=self.clock.step * int(found[1])):%Y-%m-%dT%H:%M:%SZ}"
        return UsageError(
            f"{self._where} cannot use its forcing{when}", why=str(error), fix="dmod dataset check FORCING"
        )
