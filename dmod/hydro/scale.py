"""From values to heights on a plot, and the round numbers to mark there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_NOTHING = 1e-15  # smaller values are drawn as zero: numbers near the smallest there are cannot be divided
_DECADES = 5  # a logarithmic scale shows at most so many below its top


@dataclass(frozen=True, slots=True)
class Scale:
    """What stands at the bottom and at the top."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def fit(cls, arrays: Iterable[NDArray[np.float64]], *, log: bool = False) -> Self:
        """The scale that holds all values: from zero if they come near it, so that heights compare."""
        kept = [array[np.isfinite(array)] for array in arrays]
        values = np.concatenate(kept) if kept else np.empty(0)
        values = np.where(np.abs(values) < _NOTHING, 0.0, values)
        if log:
            values = values[values > 0]
        if not values.size:
            return cls(0.1, 1.0, log=True) if log else cls(0.0, 1.0)
        low, high = float(values.min()), float(values.max())
        if log:
            low = max(low, high / 10.0**_DECADES)
            return cls(low, high, log=True) if low < high else cls(high / 10, high, log=True)
        flat = high - low <= 1e-9 * max(abs(low), abs(high))
        if 0 <= low < high / 2 or (flat and high > 0):
            return cls(0.0, high)
        return cls(low, low + max(1.0, abs(low))) if flat else cls(low, high)

    def fraction(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 at the bottom, 1 at the top, NaN where there is no value; what lies below the bottom is put on it."""
        if self.log:
            over = np.log10(np.maximum(values, self.low) / self.low) / math.log10(self.high / self.low)
        else:
            over = values / (self.high - self.low) - self.low / (self.high - self.low)
        return np.asarray(np.clip(over, 0.0, 1.0), dtype=np.float64)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most so many round values, lowest first, each with its text."""
        return self._decades(most) if self.log else self._even(most)

    def _even(self, most: int) -> list[tuple[float, str]]:
        raw = (self.high - self.low) / max(most - 1, 1)
        power = 10.0 ** math.floor(math.log10(raw))
        for step in (factor * power for factor in _STEPS):
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            if last - first + 1 <= most:
                break
        return [(number * step, label(number * step, step)) for number in range(first, last + 1)]

    def _decades(self, most: int) -> list[tuple[float, str]]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for factors in ((1, 2, 5), (1, 3), (1,)):
            values = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
            values = [value for value in values if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]
            if len(values) <= most:
                break
        return [(value, label(value, value)) for value in values[:: -(-len(values) // most) or 1]]


def label(value: float, step: float) -> str:
    """A value with the digits that steps of this size need: `0.25`, `1,500`, `2e+07`."""
    if not value and step < 1e-4:
        return "0"
    if value and not 1e-4 <= max(abs(value), step) < 1e7:
        digits = max(math.floor(math.log10(abs(value) / step) + 1e-9), 0) + 2
        return f"{value:.{digits}g}"
    digits = next((n for n in range(15) if abs(step * 10**n - round(step * 10**n)) <= 1e-6 * step * 10**n), 15)
    return f"{value or 0.0:,.{digits}f}"
