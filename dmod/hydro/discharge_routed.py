"""Simulated discharge after routing: nexuses with all that is upstream of them, catchments with what is their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from dmod.errors import UsageError
from dmod.hydro import stamps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dmod.hydro.discharge import Discharge
    from dmod.hydro.stamps import Stamps


class RoutedDischarge:
    """The streamflow of nexuses, and beside it the discharge that was not routed."""

    def __init__(self, routed: Discharge, local: Discharge) -> None:
        self._routed, self._local = routed, local
        self._nexuses = frozenset(routed.features)
        if not np.array_equal(routed.times, local.times):
            first, last = (stamps.text(routed.times[at]) for at in (0, -1))
            raise UsageError(
                "the stamps of the routed streamflow are not those of the simulation", why=f"it has {first} to {last}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._routed.__exit__()
        self._local.__exit__()

    @property
    def features(self) -> tuple[str, ...]:
        """Nexuses first, then catchments."""
        return self._local.features

    @property
    def times(self) -> Stamps:
        """The starts of the steps, (steps,)."""
        return self._local.times

    @property
    def step(self) -> int:
        """Seconds."""
        return self._local.step

    def read(self, features: Sequence[str]) -> NDArray[np.float64]:
        """Discharge in m³/s, (features, steps). Raises NotFoundError, UsageError."""
        values = np.empty((len(features), len(self.times)))
        for source, wanted in ((self._routed, True), (self._local, False)):
            rows = [at for at, name in enumerate(features) if (name in self._nexuses) is wanted]
            values[rows] = source.read([features[at] for at in rows])
        return values
