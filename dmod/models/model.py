"""What every model looks like to a worker: named inputs and outputs, and one call for a whole period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from dmod.errors import DmodError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variable:
    """A series that a model takes or gives."""

    name: str
    units: str  # as the model states them: "mm", "degC", "m"


@dataclass(frozen=True, slots=True)
class Clock:
    """The steps of a run; a stamp is the start of its step."""

    begin: datetime  # UTC, start of the first step
    step: int  # seconds
    steps: int


class ModelError(DmodError):
    """A model failed while it ran: the message says for which catchment, and at which step where that is known."""


class Model(Protocol):
    """One catchment's model, ready to run over a whole period."""

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """The series that `run` takes, under the names the worker knows them by."""
        ...

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The series that `run` gives; the first is the runoff of the catchment, in m per step."""
        ...

    @property
    def columns(self) -> Mapping[str, str]:
        """What ngen would write, in its order: the name it has there -> the name among `outputs`."""
        ...

    def run(self, forcing: Mapping[str, Series]) -> dict[str, Series]:
        """Run over the whole period: series of shape (steps,) by name, in and out. Raises ModelError."""
        ...
