"""Anybody's BMI class in Python as a model: stepped, with pointers bound once where it gives them."""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.models.model import Clock, ModelError, Variable
from dmod.models.pointers import Getter, Setter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dmod.models.model import Series

NEEDED = ("initialize", "update", "finalize", "get_input_var_names", "get_output_var_names")
LOOKS = 3  # steps after which a bound array is trusted until the end
SECONDS = {"s": 1, "sec": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60, "h": 3600, "hr": 3600}
SECONDS |= {"hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400}


class PythonModel:
    """One catchment's instance of a BMI class."""

    def __init__(
        self, python_type: str, params: Mapping[str, Any], config: Path | str, *, catchment: str, clock: Clock
    ) -> None:
        self._type, self._catchment, self._clock = python_type, catchment, clock
        self._aliases: Mapping[str, str] = params.get("variables_names_map", {})
        self._model = self._call("cannot be made", _load(python_type, catchment))
        self._call("failed in initialize", self._model.initialize, str(config))
        for name, value in params.get("model_params", {}).items():
            self._call(f"did not take the parameter {name}", self._model.set_value, name, np.atleast_1d(value))
        self._names_in = self._given()
        self._names_out = self._chosen(params)

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The class's inputs, under their aliases in `variables_names_map`."""
        return tuple(Variable(self._aliases.get(name, name), self._units(name)) for name in self._names_in)

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The main output first, then `output_variables`, or all outputs where none are named."""
        return tuple(Variable(self._aliases.get(name, name), self._units(name)) for name in self._names_out)

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """Step through the whole period, one update (or as many as make a step) per step of the forcing."""
        setters = [Setter(self._model, name) for name in self._names_in]
        getters = [Getter(self._model, name) for name in self._names_out]
        given = [forcing[self._aliases.get(name, name)].tolist() for name in self._names_in]
        results: list[list[float]] = [[] for _ in getters]
        advance = self._advance()

        def go(begin: int, end: int) -> None:
            puts = [(setter.quick(), values) for setter, values in zip(setters, given, strict=True)]
            gets = [(getter.quick(), row.append) for getter, row in zip(getters, results, strict=True)]
            for step in range(begin, end):
                for put, values in puts:
                    put(values[step])
                advance()
                for get, keep in gets:
                    keep(get())

        try:
            for step in range(min(LOOKS, self._clock.steps)):
                go(step, step + 1)
                self._look(*setters, *getters)
            go(LOOKS, self._clock.steps)
            self._trust(*setters, *getters)
            self._model.finalize()
        except ModelError:
            raise
        except Exception as error:
            raise self._failed(f"failed{self._when(len(results[0]))}", error) from error
        self._finite(np.array(results))
        return {variable.name: np.array(row) for variable, row in zip(self.outputs, results, strict=True)}

    @staticmethod
    def _look(*accessors: Setter | Getter) -> None:
        for accessor in accessors:
            accessor.look()

    def _trust(self, *accessors: Setter | Getter) -> None:
        for accessor in accessors:
            if accessor.stale:
                raise ModelError(
                    f"{self._catchment}: {self._type} gives the array of {accessor.name}, but later another one",
                    fix="raise NotImplementedError in its get_value_ptr, or keep one array",
                )

    def _finite(self, results: Series) -> None:
        bad = np.argwhere(~np.isfinite(results))
        if len(bad):
            row, step = (int(place) for place in bad[0])
            value = results[row, step]
            raise ModelError(
                f"{self._catchment}: {self._type} gives {self._names_out[row]} = {value}{self._when(step)}"
            )

    def _advance(self) -> Callable[[], object]:
        """What makes one step of the forcing: `update`, several times where the class has a shorter step of its own."""
        try:
            unit = str(self._model.get_time_units()).lower().partition(" since ")[0].strip()
            own = float(self._model.get_time_step()) * SECONDS[unit]
        except (AttributeError, NotImplementedError):
            own = self._clock.step
        except KeyError as error:
            raise self._failed(f"counts time in {unit!r}", error) from error
        if own == self._clock.step:
            return self._model.update  # type: ignore[no-any-return]
        times = self._clock.step / own
        if times < 1 or times != int(times):
            raise ModelError(
                f"{self._catchment}: {self._type} steps by {own:g} s, the forcing by {self._clock.step} s",
                fix="set its time step to that of the realization, or to a whole part of it",
            )
        return lambda: [self._model.update() for _ in range(int(times))]

    def _given(self) -> tuple[str, ...]:
        """The inputs; a class that reads its own files may not even have the function."""
        try:
            return tuple(self._model.get_input_var_names())
        except NotImplementedError:
            return ()
        except Exception as error:
            raise self._failed("failed in get_input_var_names", error) from error

    def _chosen(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        own = {self._aliases.get(name, name): name for name in self._names_in}
        names = tuple(self._call("failed in get_output_var_names", self._model.get_output_var_names))
        own |= {self._aliases.get(name, name): name for name in names} | {name: name for name in names}
        main = params.get("main_output_variable", names[0] if names else "")
        wanted = [main, *(params.get("output_variables") or names)]
        for name in wanted:
            if name not in own:
                raise ModelError(
                    f"{self._catchment}: {self._type} has no output {name!r}", why=f"it has {_list(names)}"
                )
        return tuple(dict.fromkeys(own[name] for name in wanted))

    def _units(self, name: str) -> str:
        try:
            return str(self._model.get_var_units(name))
        except (AttributeError, NotImplementedError):
            return ""

    def _when(self, step: int) -> str:
        stamp = self._clock.begin + timedelta(seconds=step * self._clock.step)
        return f" at step {step}, {stamp:%Y-%m-%dT%H:%M:%SZ}"

    def _call(self, what: str, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - whatever it gives
        try:
            return function(*args)
        except Exception as error:
            raise self._failed(what, error) from error

    def _failed(self, what: str, error: Exception) -> ModelError:
        return ModelError(f"{self._catchment}: {self._type} {what}", why=f"{type(error).__name__}: {error}")


def _load(python_type: str, catchment: str) -> Callable[[], Any]:
    """The class behind "package.module.Class". Raises ModelError."""
    where = f"{catchment}: {python_type}"
    module, _, name = python_type.rpartition(".")
    if not module:
        raise ModelError(f"{where} is not a class in a module", fix='write python_type as "package.module.Class"')
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:
        raise ModelError(
            f"{where} cannot be imported",
            why=f"{type(error).__name__}: {error}",
            fix="install it, or put it beside the realization or into the folder where the job is submitted",
        ) from error
    lacking = [method for method in NEEDED if not callable(getattr(found, method, None))]
    if lacking:
        raise ModelError(f"{where} is not a BMI class", why=f"it lacks {_list(lacking)}")
    return found  # type: ignore[no-any-return]


def _list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "none"
