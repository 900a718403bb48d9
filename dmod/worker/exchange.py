"""Water at the nexuses: each is summed in the hydrofabric's order by one rank, which gets the rest as whole series.

The order of a sum decides its last bits, so a rank sends its series of a shared nexus, never a partial sum: one, two
and three ranks give the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from dmod.hydro.hydrofabric import Hydrofabric
    from dmod.models.model import Series
    from dmod.worker.ranks import Ranks


class Nexuses:
    """The nexuses of a run as one rank sees them; catchments and nexuses are indices into the hydrofabric."""

    def __init__(self, fabric: Hydrofabric, owners: NDArray[np.intp], rank: int) -> None:
        """`fabric`: every nexus has water of some catchment; `owners`: the rank of each catchment, (catchments,)."""
        self._rank = rank
        self._nexus_of = fabric.drains()  # -1 = drains nowhere
        self._sources: list[list[int]] = [[] for _ in fabric.nexuses]  # of a nexus, in the hydrofabric's order
        for catchment, nexus in enumerate(self._nexus_of):
            if nexus >= 0:
                self._sources[nexus].append(catchment)
        self._owners = owners
        self._sums: dict[int, Series] = {}
        self._left = {n: len(sources) for n, sources in enumerate(self._sources) if self._local(n)}
        self._kept: dict[int, Series] = {}  # catchment -> its series, for nexuses that ranks share

    def add(self, catchment: int, flow: Series) -> Iterator[tuple[int, Series]]:
        """Take the flow of a catchment in m³/s; give the nexus if it is complete. Called in the hydrofabric's order."""
        nexus = int(self._nexus_of[catchment])
        if nexus < 0:
            return
        if nexus not in self._left:
            self._kept[catchment] = flow
            return
        if nexus in self._sums:
            self._sums[nexus] += flow
        else:
            self._sums[nexus] = flow.copy()
        self._left[nexus] -= 1
        if not self._left[nexus]:
            yield nexus, self._sums.pop(nexus)

    def send(self, ranks: Ranks) -> None:
        """Send the series that other ranks need for their nexuses, without waiting for anyone: they may still run."""
        for catchment in sorted(self._kept):
            owner = self._owner(int(self._nexus_of[catchment]))
            if owner != self._rank:
                ranks.post(("flow", catchment, self._kept.pop(catchment)), owner)

    @property
    def missing(self) -> int:
        """How many series are still to come from other ranks."""
        shared = (n for n in range(len(self._sources)) if self._mine(n) and n not in self._left)
        return sum(catchment not in self._kept for n in shared for catchment in self._sources[n])

    def receive(self, catchment: int, flow: Series) -> None:
        """Take a series of another rank."""
        self._kept[catchment] = flow

    def shared(self) -> Iterator[tuple[int, Series]]:
        """The nexuses of this rank that others give water to as well, once nothing is missing."""
        for nexus, sources in enumerate(self._sources):
            if self._mine(nexus) and nexus not in self._left:
                total = self._kept[sources[0]].copy()
                for catchment in sources[1:]:
                    total += self._kept[catchment]
                yield nexus, total

    def _owner(self, nexus: int) -> int:
        return int(self._owners[self._sources[nexus][0]])

    def _mine(self, nexus: int) -> bool:
        return self._owner(nexus) == self._rank

    def _local(self, nexus: int) -> bool:
        return all(self._owners[catchment] == self._rank for catchment in self._sources[nexus])
