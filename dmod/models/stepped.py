"""A BMI class as a model, in whatever language it was written: made, fed and stepped, with its failures named."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dmod.errors import DmodError
from dmod.models.model import ModelError, Variable
from dmod.models.native import Native
from dmod.models.place import END, note
from dmod.models.pointers import Getter, count
from dmod.models.walk import Feed, StepError, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from dmod.models.drive import Driven
    from dmod.models.model import Series
    from dmod.models.registry import Setting

SECONDS = {"s": 1, "sec": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60, "h": 3600, "hr": 3600}
SECONDS |= {"hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400, "secs": 1, "mins": 60, "hrs": 3600}
_UNSAID = (AttributeError, NotImplementedError)


class Port(NamedTuple):
    """One variable of a module: its own name, the realization's, its unit, and how many values it has."""

    name: str
    alias: str
    units: str
    size: int

    @property
    def variable(self) -> Variable:
        """As others know it."""
        return Variable(self.alias, self.units)


class Stepped:
    """One catchment's instance of a BMI class."""

    def __init__(
        self, make: Callable[[], Any], label: str, params: Mapping[str, Any], config: Path | str, setting: Setting
    ) -> None:
        self.label, self.catchment, self.clock, self.place = label, setting.catchment, setting.clock, setting.place
        self.note = note(self.catchment, label, self.clock.begin, self.clock.step)
        self.place.enter(self.note)
        self._aliases: Mapping[str, str] = params.get("variables_names_map", {})
        self.model = self._set_up(make, params, config)
        self.takes = tuple(self._port(name) for name in self._given())
        names = tuple(self._call("failed in get_output_var_names", self.model.get_output_var_names))
        self.gives = self._chosen(params, names)
        self.columns = {name: self._aliases.get(name, name) for name in params.get("output_variables") or names}
        fixed = _truth(params, "fixed_time_step", default=True)
        self.step, self.until = self._steps(beyond=_truth(params, "allow_exceed_end_time"), fixed=fixed)
        self.place.leave()

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The class's inputs, under their aliases in `variables_names_map`."""
        return tuple(port.variable for port in self.takes)

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The main output first, then `output_variables`, or all outputs where none are named."""
        return tuple(port.variable for port in self.gives)

    @property
    def names(self) -> dict[str, str]:
        """The class's own names of its outputs, and what the realization calls them."""
        return {port.name: port.alias for port in self.gives}

    def keep(self, names: Collection[str]) -> None:
        """Of the outputs, read only these at each step."""
        self.gives = tuple(port for port in self.gives if port.alias in names)

    def initial(self, port: Port) -> Series:
        """What stands in an output before the first step. Raises ModelError."""
        return np.asarray(self._call(f"does not give {port.name}", Getter(self.model, port.name, port.size).get))

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """Step through the whole period, one update (or as many as make a step) per step of the forcing."""
        walk = self.start({name: Feed(values) for name, values in forcing.items()})
        self.go(walk, 0, self.clock.steps)
        return {name: series[:, 0] for name, series in self.finish(walk).items()}

    def start(self, feeds: Mapping[str, Feed], results: list[Series] | None = None) -> Walk | Driven:
        """Begin a run: what each input is fed with is read when its step comes. Raises ModelError.

        `results` are filled from their second row on, (steps + 1, values); the first is what was before.
        """
        for port in self.takes:
            given = feeds[port.alias].values
            if given.ndim > 1 and given.shape[1] not in (1, port.size):
                raise ModelError(
                    f"{self.catchment}: {self.label} takes {port.size} values of {port.name}, "
                    f"and {given.shape[1]} are given"
                )
        if results is None:
            results = [np.empty((self.clock.steps + 1, port.size)) for port in self.gives]
        ordered = [feeds[port.alias] for port in self.takes]
        if isinstance(self.model, Native):
            from dmod.models.drive import Driven, loop

            if (compiled := loop()) is not None:
                return Driven(self, ordered, results, compiled)
        return Walk(self, ordered, results)

    def go(self, walk: Walk | Driven, begin: int, end: int) -> None:
        """Take the steps from `begin` to before `end`. Raises ModelError."""
        self.place.enter(self.note, begin)
        try:
            walk.go(begin, end)
        except StepError as error:
            raise self.failure(error) from error.__cause__

    def failure(self, error: StepError) -> ModelError:
        """What to say of a step that failed."""
        return self._failed(f"failed{self._when(error.step)}", error.__cause__ or error)

    def finish(self, walk: Walk | Driven) -> dict[str, Series]:
        """End a run: the outputs by their names, (steps, values of each). Raises ModelError."""
        stale = walk.stale()
        if stale:
            raise ModelError(
                f"{self.catchment}: {self.label} gives the array of {stale}, but later another one",
                fix="raise NotImplementedError in its get_value_ptr, or keep one array",
            )
        self.place.enter(self.note, END)
        self._call("failed in finalize", self.model.finalize)
        self.place.leave()
        for port, series in zip(self.gives, walk.results, strict=True):
            self._finite(port.name, series[1:])
        return {port.alias: series[1:] for port, series in zip(self.gives, walk.results, strict=True)}

    def _set_up(self, make: Callable[[], Any], params: Mapping[str, Any], config: Path | str) -> Any:  # noqa: ANN401
        """An instance with its configuration and parameters. Raises ModelError."""
        model = self._call("cannot be made", make)
        self._call(f"failed in initialize{f' with {config}' if config else ''}", model.initialize, str(config))
        for name, value in params.get("model_params", {}).items():
            self._call(f"did not take the parameter {name}", model.set_value, name, np.atleast_1d(value))
        return model

    def _finite(self, name: str, series: Series) -> None:
        finite = np.isfinite(series)
        if not finite.all():
            bad = np.argwhere(~finite)[0]
            value = series[tuple(bad)]
            raise ModelError(f"{self.catchment}: {self.label} gives {name} = {value}{self._when(int(bad[0]))}")

    def _steps(self, *, beyond: bool, fixed: bool) -> tuple[float, bool]:
        """A step of the forcing in the module's own time, and whether that is another step than its own.

        A module ends where it says, unless `allow_exceed_end_time` is set. One whose `fixed_time_step` is false goes on
        to the end of any step.
        """
        try:
            unit = str(self.model.get_time_units()).lower().partition(" since ")[0].strip()
            own = float(self.model.get_time_step()) * SECONDS[unit]
        except _UNSAID:
            return float(self.clock.step), False
        except KeyError as error:
            raise self._failed(f"counts time in {unit!r}", error) from error
        times = self.clock.step / own if own > 0 else 0.0
        if fixed and (times < 1 or times != int(times)):
            raise ModelError(
                f"{self.catchment}: {self.label} steps by {own:g} s, the forcing by {self.clock.step} s",
                fix='set its step to that of the realization or a whole part of it, or "fixed_time_step": false',
            )
        if not beyond:
            self._ends(SECONDS[unit])
        return self.clock.step / SECONDS[unit], times != 1

    def _ends(self, unit: int) -> None:
        try:
            left = float(self.model.get_end_time()) - float(self.model.get_current_time())
        except Exception:  # noqa: BLE001 - a class need not know its end
            return
        if 0 < left * unit < self.clock.steps * self.clock.step * (1 - 1e-9):
            raise ModelError(
                f"{self.catchment}: {self.label} ends after {left * unit / self.clock.step:,g} steps, "
                f"and the run has {self.clock.steps:,}",
                fix='set its end in its init_config, or "allow_exceed_end_time": true',
            )

    def _given(self) -> tuple[str, ...]:
        """The inputs; a class that reads its own files may not even have the function."""
        try:
            return tuple(self.model.get_input_var_names())
        except NotImplementedError:
            return ()
        except Exception as error:
            raise self._failed("failed in get_input_var_names", error) from error

    def _chosen(self, params: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Port, ...]:
        own = {port.alias: port.name for port in self.takes}
        own |= {self._aliases.get(name, name): name for name in names} | {name: name for name in names}
        main = params.get("main_output_variable", names[0] if names else "")
        wanted = [main, *(params.get("output_variables") or names)]
        for name in wanted:
            if name not in own:
                raise ModelError(
                    f"{self.catchment}: {self.label} has no output {name!r}", why=f"it has {', '.join(names) or 'none'}"
                )
        asked = {own[name] for name in (main, *(params.get("output_variables") or ()))}
        ports = (self._offered(name, name in asked) for name in dict.fromkeys(own[name] for name in wanted))
        return tuple(port for port in ports if port is not None)

    def _offered(self, name: str, asked: bool) -> Port | None:  # noqa: FBT001
        """One output; one that cannot be described and that nobody asked for is left out, as ngen never looks at it."""
        try:
            return self._port(name)
        except ModelError:
            if asked:
                raise
            return None

    def _port(self, name: str) -> Port:
        try:
            units = str(self.model.get_var_units(name))
        except _UNSAID:
            units = ""
        except Exception as error:
            raise self._failed(f"failed in get_var_units of {name}", error) from error
        size = self._call(f"does not say how long {name} is", count, self.model, name)
        return Port(name, self._aliases.get(name, name), units, size)

    def _when(self, step: int) -> str:
        stamp = self.clock.begin + timedelta(seconds=step * self.clock.step)
        return f" at step {step}, {stamp:%Y-%m-%dT%H:%M:%SZ}"

    def _call(self, what: str, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - whatever it gives
        try:
            return function(*args)
        except DmodError as error:
            raise type(error)(f"{self.catchment}: {error.message}", why=error.why, fix=error.fix) from error
        except Exception as error:
            raise self._failed(what, error) from error

    def _failed(self, what: str, error: BaseException) -> ModelError:
        return ModelError(f"{self.catchment}: {self.label} {what}", why=f"{type(error).__name__}: {error}")


class Ready(Stepped):
    """An instance that was set up already: `make` gives it as it is."""

    def _set_up(self, make: Callable[[], Any], params: Mapping[str, Any], config: Path | str) -> Any:  # noqa: ANN401
        del params, config
        return make()


def _truth(params: Mapping[str, Any], key: str, *, default: bool = False) -> bool:
    """A setting that is true or false, as ngen reads it: the text "true" too."""
    return str(params.get(key, default)).lower() == "true"
