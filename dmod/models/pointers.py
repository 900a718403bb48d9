"""How values get into and out of a BMI class at each step: through its own arrays, or by name where it hides them.

A bound array costs 0.1 µs a value, a call by name several times as much. A class may give no array, give copies, or
make a new array at each step, so nothing is trusted before it was seen to work.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_HIDDEN = (NotImplementedError, AttributeError, TypeError, KeyError)


def pointer(model: Any, name: str) -> NDArray[Any] | None:  # noqa: ANN401 - anybody's class
    """The array behind a variable as a flat view, None where the class does not give one."""
    try:
        found = model.get_value_ptr(name)
    except _HIDDEN:
        return None
    if not isinstance(found, np.ndarray) or found.size == 0 or not found.flags.c_contiguous:
        return None
    return found.reshape(-1)


class Setter:
    """One input: by name until the array was seen to follow, then by the array."""

    def __init__(self, model: Any, name: str) -> None:  # noqa: ANN401
        self._model, self.name = model, name
        self._array = pointer(model, name)
        self._buffer = np.zeros(1)
        self._bound = False

    def put(self, value: float) -> None:
        """Give the class the value of this step."""
        if self._bound and self._array is not None:
            self._array[0] = value
            return
        before = None if self._array is None else float(self._array[0])
        self._buffer[0] = value
        self._model.set_value(self.name, self._buffer)
        if self._array is not None and before != value:
            follows = float(self._array[0]) == float(self._array.dtype.type(value))
            self._bound = follows and self._array.flags.writeable
            self._array = self._array if self._bound else None

    def look(self) -> None:
        """After one of the first steps: go back to names if the class has another array by now."""
        self._bound = self._bound and not self.stale

    def quick(self) -> Callable[[float], None]:
        """The fastest way to put values that is known to work by now."""
        return partial(self._array.__setitem__, 0) if self._bound and self._array is not None else self.put

    @property
    def stale(self) -> bool:
        """Whether the bound array is no longer the class's own: what went through it is in doubt."""
        return self._bound and not _same(self._array, pointer(self._model, self.name))


class Getter:
    """One output: by the array, asked for anew at each step until it was seen to stay; by name where there is none."""

    def __init__(self, model: Any, name: str) -> None:  # noqa: ANN401
        self._model, self.name = model, name
        self._array = self._before = pointer(model, name)
        self._buffer = np.zeros(1)
        self._bound = False

    def get(self) -> float:
        """The value after this step."""
        if self._array is not None:
            self._before, self._array = self._array, pointer(self._model, self.name)
        if self._array is not None:
            return float(self._array[0])
        return float(np.ravel(self._model.get_value(self.name, self._buffer))[0])

    def look(self) -> None:
        """After one of the first steps: trust the array if it is the one of the step before."""
        self._bound = _same(self._array, self._before)

    def quick(self) -> Callable[[], float]:
        """The fastest way to get values that is known to work by now."""
        return partial(self._array.item, 0) if self._bound and self._array is not None else self.get

    @property
    def stale(self) -> bool:
        """Whether the bound array is no longer the class's own: what was read from it is in doubt."""
        return self._bound and not _same(self._array, pointer(self._model, self.name))


def _same(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    return one is not None and other is not None and np.shares_memory(one, other)
