"""The whole-series models behind the Basic Model Interface 2.0, so that any BMI driver can step them."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.errors import NotFoundError, UsageError
from dmod.models.grid import OneNode
from dmod.models.holmes import BANDS, SNOW, Holmes
from dmod.models.model import Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DAY = 86_400


class SeriesBmi(OneNode, Holmes):
    """A whole-series model as a BMI class of one scalar grid.

    The library has no state to carry over, so each `update` runs the model again over all steps so far: the answer is
    that of the whole series to the bit, at a cost that grows with the square of the steps (8,760 steps of GR4J: about
    4 s). A worker calls `run` instead, once. Set the inputs before each `update`; they keep their value until then.
    """

    def __init__(self) -> None:
        super().__init__()
        self._step = _DAY
        self._now = 0
        self._history: dict[str, NDArray[np.float64]] = {}
        self._values: dict[str, NDArray[np.float64]] = {"Q_OUT": np.zeros(1)}

    # control

    def initialize(self, config_file: str = "") -> None:
        """Read parameters from a JSON or TOML file; "" and /dev/null leave them to `set_value`.

        The file holds parameters by name, at the top or under "model_params", and may hold "start_time"
        (2015-12-01 00:00:00, UTC; needed with snow) and "time_step" (seconds, 86400 unless said).
        """
        settings = _settings(config_file)
        self._step = int(settings.pop("time_step", _DAY))
        start = settings.pop("start_time", None)
        parameters = settings.pop("model_params", settings)
        self.configure(parameters, clock=Clock(_stamp(start, config_file), self._step, 0) if start else None)
        self._now = 0
        self._history = {}

    def update(self) -> None:
        """Go one step on with the inputs as they are set now."""
        self.update_until(self.get_current_time() + self._step)

    def update_until(self, time: float) -> None:
        """Go on to a time in seconds since the start, a whole number of steps; the inputs stay as they are set now."""
        steps = round(time / self._step)
        if steps < self._now or abs(steps * self._step - time) > 1e-6 * self._step:
            raise ValueError(f"{type(self).__name__} cannot go from {self.get_current_time()} to {time} s")
        for variable in self.inputs:
            self._remember(variable.name, steps)
        forcing = {variable.name: self._history[variable.name][:steps] for variable in self.inputs}
        self._vector = None  # whoever holds the array of a parameter may have changed it
        if steps > self._now:
            self._values["Q_OUT"][0] = self.run(forcing)["Q_OUT"][-1]
        self._now = steps

    def finalize(self) -> None:
        """Forget the history."""
        self._history = {}

    def _remember(self, name: str, steps: int) -> None:
        kept = self._history.get(name)
        if kept is None or len(kept) < steps:
            longer = np.empty(max(64, 2 * steps))
            longer[: self._now] = 0.0 if kept is None else kept[: self._now]
            kept = self._history[name] = longer
        kept[self._now : steps] = self._slot(name)[0]

    # what it is

    def get_component_name(self) -> str:
        """The name of the model."""
        return type(self).__name__

    def get_input_item_count(self) -> int:
        """How many inputs there are: one more with snow."""
        return len(self.inputs)

    def get_output_item_count(self) -> int:
        """One: the runoff."""
        return len(self.outputs)

    def get_input_var_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(variable.name for variable in self.inputs)

    def get_output_var_names(self) -> tuple[str, ...]:
        """The name of the output."""
        return tuple(variable.name for variable in self.outputs)

    # variables

    def get_var_units(self, name: str) -> str:
        """Mm per step, degC, or m per step; parameters have none."""
        units = {variable.name: variable.units for variable in (*self.inputs, *self.outputs)}
        return units.get(name, "1")

    def get_var_type(self, name: str) -> str:
        """Every value is a 64-bit float."""
        return str(self._slot(name).dtype)

    def get_var_itemsize(self, name: str) -> int:
        """Bytes of one value."""
        return self._slot(name).itemsize

    def get_var_nbytes(self, name: str) -> int:
        """Bytes of all values."""
        return self._slot(name).nbytes

    def get_var_location(self, name: str) -> str:
        """A catchment is one node."""
        self._slot(name)
        return "node"

    def get_var_grid(self, name: str) -> int:
        """The one grid."""
        self._slot(name)
        return 0

    def get_value_ptr(self, name: str) -> NDArray[np.float64]:
        """The array behind a variable or parameter; it stays the same until a parameter is set anew by name."""
        if name in (*SNOW, *BANDS) and name not in self.parameters:
            raise KeyError(f"{name} is not set: there is no snow in this {type(self).__name__}")
        return self._slot(name)

    def get_value(self, name: str, dest: NDArray[np.float64]) -> NDArray[np.float64]:
        """Copy a variable or parameter into `dest`."""
        dest[...] = self._slot(name)
        return dest

    def get_value_at_indices(self, name: str, dest: NDArray[np.float64], inds: NDArray[np.int_]) -> NDArray[np.float64]:
        """Copy chosen values into `dest`."""
        dest[...] = self._slot(name)[inds]
        return dest

    def set_value(self, name: str, src: NDArray[np.float64]) -> None:
        """Set an input for the next step, or a parameter (`x1`, `ctg`, ...) by its name."""
        if name in self._variables():
            self._slot(name)[...] = src
        else:
            self.configure({name: src})

    def set_value_at_indices(self, name: str, inds: NDArray[np.int_], src: NDArray[np.float64]) -> None:
        """Set chosen values of an input or a parameter."""
        self._slot(name)[inds] = src

    def _variables(self) -> tuple[str, ...]:
        return ("precipitation", "potential_evapotranspiration", "temperature", "Q_OUT")

    def _slot(self, name: str) -> NDArray[np.float64]:
        if name in self._variables():
            return self._values.setdefault(name, np.zeros(1))
        if name in self._module.param_names:
            return self.parameters.setdefault(name, np.full(1, np.nan))
        if name in (*SNOW, *BANDS):
            return self.parameters.get(name, np.full(1, np.nan))  # a driver asks for type and size before it sets one
        known = (*self._variables(), *self._module.param_names, *SNOW, *BANDS)
        raise KeyError(f"{type(self).__name__} has no variable {name!r}; it has {', '.join(known)}")

    # time, in seconds since the start

    def get_start_time(self) -> float:
        """Zero."""
        return 0.0

    def get_current_time(self) -> float:
        """Seconds from the start to the end of the last step."""
        return float(self._now * self._step)

    def get_end_time(self) -> float:
        """There is no end: the largest float."""
        return float(np.finfo(np.float64).max)

    def get_time_step(self) -> float:
        """Seconds of a step."""
        return float(self._step)

    def get_time_units(self) -> str:
        """Seconds."""
        return "s"


def _settings(config_file: str) -> dict[str, Any]:
    """The settings of a configuration file, none where there is no file. Raises NotFoundError, UsageError."""
    if config_file in ("", "/dev/null"):
        return {}
    path = Path(config_file)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFoundError(f"{path}: the model's configuration cannot be read", why=str(error)) from error
    try:
        settings = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except ValueError as error:
        raise UsageError(f"{path}: not {'TOML' if path.suffix == '.toml' else 'JSON'}", why=str(error)) from error
    if not isinstance(settings, dict):
        raise UsageError(f"{path}: a model's configuration is a table of names and values")
    return settings


def _stamp(text: object, path: str) -> datetime:
    try:
        stamp = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise UsageError(f"{path}: start_time {text!r} is not a time like 2015-12-01 00:00:00") from error
    return stamp.replace(tzinfo=stamp.tzinfo or UTC)
