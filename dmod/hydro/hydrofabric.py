"""Catchments and nexuses, and how water passes from one to the next."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.ids import catchment_of, natural, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Tables(NamedTuple):
    """What a reader found in the file: columns as they stand there, in the file's order."""

    catchments: Sequence[str]  # cat-12
    areas: Sequence[float | None]  # km²
    toids: Sequence[str | None]  # nex-13; None or "" drains nowhere
    latitudes: NDArray[np.float64]  # degrees, NaN where unknown
    nexuses: Sequence[str]  # nex-13
    nexus_toids: Sequence[str | None]  # cat-12, wb-12, fp-12; wb-0 or None is the end
    gauges: Mapping[str, str]  # nexus -> gauge
    version: str  # geojson, 1, 2.0, 2.2
    loose: frozenset[str] = frozenset()  # catchments that may drain to a nexus the file does not hold (coast, sinks)


@dataclass(frozen=True, slots=True, eq=False)
class Hydrofabric:
    """Catchments, their areas, and the nexuses that join them; both sorted naturally."""

    catchments: tuple[str, ...]  # cat-12
    areas: NDArray[np.float64]  # (catchments,) km²
    toids: tuple[str, ...]  # (catchments,) the nexus each drains to, "" none
    nexuses: tuple[str, ...]  # nex-13
    nexus_toids: tuple[str, ...]  # (nexuses,) the catchment downstream, "" where the fabric ends
    version: str  # geojson, 1, 2.0, 2.2
    latitudes: NDArray[np.float64]  # (catchments,) degrees, NaN where unknown
    gauges: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # nexus -> gauge

    @classmethod
    def read(cls, path: Path, nexuses: Path | None = None) -> Hydrofabric:
        """A GeoPackage, a folder that holds one or a pair of GeoJSON files, or one file of the pair (or both).

        Raises NotFoundError when there is none, UsageError naming file and feature when it is damaged or ambiguous.
        """
        from dmod.hydro import geojson, geopackage

        path = Path(path)
        if not path.exists():
            raise NotFoundError(f"no hydrofabric at {path}", fix=f"ls {path.parent}")
        package = geopackage.find(path)
        if package is not None:
            return cls.build(geopackage.read(package), package)
        pair = (path, nexuses) if nexuses is not None else geojson.find(path)
        return cls.build(geojson.read(*pair), pair[0])

    @classmethod
    def build(cls, tables: Tables, source: Path) -> Hydrofabric:
        """The fabric of what a reader found; raises UsageError for whatever would make a wrong simulation."""
        unique(tables.catchments, "catchment", source)
        unique(tables.nexuses, "nexus", source)
        if not tables.catchments:
            raise UsageError(f"{source} holds no catchments")
        catchments, nexuses = natural(tables.catchments), natural(tables.nexuses)
        at = {name: index for index, name in enumerate(tables.catchments)}
        order = np.fromiter(map(at.__getitem__, catchments), np.int64, len(catchments))
        areas = np.array(tables.areas, dtype=np.float64)
        wrong = np.flatnonzero(~(np.isfinite(areas) & (areas > 0)))
        if wrong.size:
            names = some(tables.catchments[index] for index in wrong.tolist())
            raise UsageError(
                f"{source}: no area for {names}", why="runoff times area is discharge: areasqkm must be > 0"
            )
        below = {name: catchment_of(toid or "") for name, toid in zip(tables.nexuses, tables.nexus_toids, strict=True)}
        fabric = cls(
            tuple(catchments),
            areas[order],
            known_toids(tables, order, source),
            tuple(nexuses),
            tuple(below[nexus] if below[nexus] in at else "" for nexus in nexuses),
            tables.version,
            np.asarray(tables.latitudes, dtype=np.float64)[order],
            MappingProxyType({nexus: tables.gauges[nexus] for nexus in nexuses if nexus in tables.gauges}),
        )
        fabric.require_no_cycle(source)
        return fabric

    @property
    def identity(self) -> str:
        """SHA-256 over ids and topology: the same for the same network, whatever file it came from."""
        digest = hashlib.sha256()
        for column in (self.catchments, self.toids, self.nexuses, self.nexus_toids):
            digest.update("\n".join(column).encode() + b"\0")
        return digest.hexdigest()

    def drains(self) -> NDArray[np.int64]:
        """(catchments,) index of the nexus each drains to, -1 where there is none."""
        return places(self.toids, self.nexuses)

    def feeds(self) -> NDArray[np.int64]:
        """(nexuses,) index of the catchment downstream of each, -1 where the fabric ends."""
        return places(self.nexus_toids, self.catchments)

    def downstream(self) -> NDArray[np.int64]:
        """(catchments,) index of the next catchment downstream, -1 where the fabric ends."""
        return follow(self.drains(), self.feeds())

    def subset(self, catchments: Iterable[str]) -> Hydrofabric:
        """These catchments and the nexuses they touch; raises NotFoundError naming those that are not in the fabric."""
        at = {name: index for index, name in enumerate(self.catchments)}
        wanted = set(catchments)
        unknown = natural(wanted - at.keys())
        if unknown:
            raise NotFoundError(f"{len(unknown)} catchments are not in the hydrofabric: {some(unknown)}")
        keep = [index for index, name in enumerate(self.catchments) if name in wanted]
        drained = {self.toids[index] for index in keep}
        pairs = [
            (name, toid if toid in wanted else "")
            for name, toid in zip(self.nexuses, self.nexus_toids, strict=True)
            if name in drained or toid in wanted
        ]
        return Hydrofabric(
            tuple(self.catchments[index] for index in keep),
            self.areas[keep],
            tuple(self.toids[index] for index in keep),
            tuple(name for name, _ in pairs),
            tuple(toid for _, toid in pairs),
            self.version,
            self.latitudes[keep],
            MappingProxyType({name: self.gauges[name] for name, _ in pairs if name in self.gauges}),
        )

    def require_no_cycle(self, source: Path) -> None:
        """Raise UsageError naming the circle, where water that leaves a catchment comes back to it."""
        step = self.downstream()
        far = step
        for _ in range(len(self.catchments).bit_length()):  # each round doubles the distance: 20 rounds for 800,000
            far = follow(far, far)
            if far.max(initial=-1) < 0:
                return
        caught = np.flatnonzero(far >= 0)
        if caught.size:
            start = at = int(far[caught[0]])
            circle = [self.catchments[at]]
            while (at := int(step[at])) != start:
                circle.append(self.catchments[at])
            raise UsageError(
                f"{source}: water runs in a circle: {some(circle, 6)}",
                why="each catchment drains into the next, the last into the first",
            )


def places(names: Sequence[str], among: Sequence[str]) -> NDArray[np.int64]:
    """(names,) the index of each among the others, -1 where it is not there."""
    at = dict(zip(among, range(len(among)), strict=True))
    return np.fromiter(map(at.get, names, repeat(-1)), np.int64, len(names))  # map: half the time of a loop


def follow(first: NDArray[np.int64], then: NDArray[np.int64]) -> NDArray[np.int64]:
    """then[first], where -1 stays -1."""
    if not then.size:
        return np.full(first.shape, -1, dtype=np.int64)
    return np.where(first >= 0, then[first], -1)


def unique(ids: Sequence[str], kind: str, source: Path) -> None:
    """Raise UsageError naming the ids that stand there twice."""
    if len(set(ids)) == len(ids):
        return
    twice = natural(name for name, times in Counter(ids).items() if times > 1)
    raise UsageError(f"{source}: {kind} {some(twice)} stands there twice")


def known_toids(tables: Tables, order: NDArray[np.int64], source: Path) -> tuple[str, ...]:
    """The nexus of each catchment in the new order; raises UsageError for one the file does not hold."""
    known = {*tables.nexuses, ""}
    places = order.tolist()
    toids = [tables.toids[index] or "" for index in places]
    lost = [] if known.issuperset(toids) else [at for at, toid in enumerate(toids) if toid not in known]
    for at in lost:
        name = tables.catchments[places[at]]
        if name not in tables.loose:
            raise UsageError(
                f"{source}: {name} drains to {toids[at]}, which is not among its {len(tables.nexuses):,} nexuses",
                why=f"{len(lost):,} catchments drain to nothing known",
            )
        toids[at] = ""
    return tuple(toids)
