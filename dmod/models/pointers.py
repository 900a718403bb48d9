"""How values get into and out of a BMI class at each step: through its own arrays, or by name where it hides them.

A bound array costs 0.1 µs a value, a call by name several times as much. A class may give no array, give copies, or
make a new array at each step, so nothing is trusted before it was seen to work.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.models.native import Native

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Value = float | NDArray[np.float64]  # an array where a variable has several values

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


def count(model: Any, name: str) -> int:  # noqa: ANN401
    """How many values a variable has; 1 where the class does not say."""
    if isinstance(model, Native):
        return model.buffer(name).size
    try:
        return max(1, int(model.get_var_nbytes(name)) // int(model.get_var_itemsize(name)))
    except (*_HIDDEN, ZeroDivisionError):
        array = pointer(model, name)
        return 1 if array is None else array.size


class _Port:
    """A variable of a class, and the array behind it: bound once it was seen to work."""

    def __init__(self, model: Any, name: str, size: int) -> None:  # noqa: ANN401
        self._model, self.name = model, name
        self._array = pointer(model, name)
        self._buffer = np.zeros(size)
        self._bound = False

    @property
    def stale(self) -> bool:
        """Whether the bound array is no longer the class's own: what went through it is in doubt."""
        return self._bound and not _same(self._array, pointer(self._model, self.name))


class Setter(_Port):
    """One input: by name until the array was seen to follow, then by the array."""

    def __init__(self, model: Any, name: str, size: int) -> None:  # noqa: ANN401
        super().__init__(model, name, size)
        self._key: int | slice = 0 if size == 1 else slice(None)

    def put(self, value: Value) -> None:
        """Give the class the value of this step."""
        if self._bound and self._array is not None:
            self._array[self._key] = value
            return
        before = None if self._array is None else self._array.copy()
        self._buffer[self._key] = value
        self._model.set_value(self.name, self._buffer)
        if self._array is not None and before is not None and not np.array_equal(before, self._buffer):
            follows = np.array_equal(self._array, self._buffer.astype(self._array.dtype))
            self._bound = follows and self._array.flags.writeable
            self._array = self._array if self._bound else None

    def look(self) -> None:
        """After one of the first steps: go back to names if the class has another array by now."""
        self._bound = self._bound and not self.stale

    def quick(self) -> Callable[[Value], None]:
        """The fastest way to put values that is known to work by now."""
        return partial(self._array.__setitem__, self._key) if self._bound and self._array is not None else self.put


class Getter(_Port):
    """One output: by the array, asked for anew at each step until it was seen to stay; by name where there is none."""

    def __init__(self, model: Any, name: str, size: int) -> None:  # noqa: ANN401
        super().__init__(model, name, size)
        self._size, self._before = size, self._array

    def get(self) -> Value:
        """The value after this step."""
        if self._array is not None:
            self._before, self._array = self._array, pointer(self._model, self.name)
        found = self._array if self._array is not None else self._model.get_value(self.name, self._buffer)
        return float(np.ravel(found)[0]) if self._size == 1 else np.array(found, dtype=float)

    def look(self) -> None:
        """After one of the first steps: trust the array if it is the one of the step before."""
        self._bound = _same(self._array, self._before)

    def quick(self) -> Callable[[], Value]:
        """The fastest way to get values that is known to work by now."""
        if not self._bound or self._array is None:
            return self.get
        return partial(self._array.item, 0) if self._size == 1 else partial(self._array.astype, float)


def _same(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    return one is not None and other is not None and np.shares_memory(one, other)
