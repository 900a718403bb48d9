"""A module's way through a run, step by step: values in, one step, values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dmod.models.native import Native
from dmod.models.pointers import Getter, Setter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dmod.models.model import Series
    from dmod.models.stepped import Stepped

LOOKS = 3  # steps after which a bound array is trusted until the end


class Feed(NamedTuple):
    """What an input is fed with: values of each step, and the way from their unit to the module's."""

    values: Series  # (steps,) or (steps, values of one step)
    factor: float = 1.0
    offset: float = 0.0

    def part(self, begin: int, end: int) -> Series:
        """The values of some steps in the module's unit."""
        values = self.values[begin:end]
        return values if (self.factor, self.offset) == (1.0, 0.0) else values * self.factor + self.offset


class StepError(Exception):
    """A step failed; its cause is what the module raised."""

    def __init__(self, step: int) -> None:
        super().__init__(f"step {step}")
        self.step = step


class Walk:
    """One run of one module."""

    def __init__(self, module: Stepped, feeds: list[Feed], results: list[Series]) -> None:
        self._module, self._feeds = module, feeds
        self.results = results  # row 0 is what was before the first step
        model = module.model
        self._setters = [Setter(model, port.name, port.size) for port in module.takes]
        self._getters = [Getter(model, port.name, port.size) for port in module.gives]
        self._all: list[Setter | Getter] = [*self._setters, *self._getters]
        self._advance = _advance(module)

    def go(self, begin: int, end: int) -> None:
        """Take the steps from `begin` to before `end`. Raises StepError."""
        for step in range(begin, min(end, LOOKS)):
            self._take(step, step + 1)
            for accessor in self._all:
                accessor.look()
        self._take(max(begin, min(end, LOOKS)), end)

    def stale(self) -> str:
        """The variable whose array was trusted and changed, "" where there is none."""
        return next((each.name for each in self._all if each.stale), "")

    def _take(self, begin: int, end: int) -> None:
        if begin == end:
            return
        given = [_each(feed.part(begin, end)) for feed in self._feeds]
        puts = [(setter.quick(), values) for setter, values in zip(self._setters, given, strict=True)]
        taken: list[list[Any]] = [[] for _ in self._getters]
        gets = [(getter.quick(), row.append) for getter, row in zip(self._getters, taken, strict=True)]
        steps, advance, step = self._module.place.steps, self._advance, begin
        try:
            for step in range(begin, end):
                steps[0] = step
                for put, values in puts:
                    put(values[step - begin])
                advance(step)
                for get, keep in gets:
                    keep(get())
        except Exception as error:
            raise StepError(step) from error
        for result, values in zip(self.results, taken, strict=True):
            result[begin + 1 : end + 1] = np.asarray(values, dtype=float).reshape(end - begin, -1)


def _each(values: Series) -> list[float] | NDArray[np.float64]:
    """The values of each step: numbers where there is one a step, else rows."""
    if values.ndim > 1 and values.shape[1] > 1:
        return values
    return values.reshape(-1).tolist()


def _advance(module: Stepped) -> Callable[[int], object]:
    """What makes one step of the forcing: `update`; where the module has a shorter step of its own, several of them.

    A compiled module goes on to the end of the step by itself, as ngen lets it.
    """
    model = module.model
    if not module.until:
        return lambda _: model.update()
    times = module.step / float(model.get_time_step())
    if isinstance(model, Native) or times < 1 or times != int(times):
        start = model.get_current_time()
        return lambda step: model.update_until(start + (step + 1) * module.step)
    return lambda _: [model.update() for _ in range(int(times))]
