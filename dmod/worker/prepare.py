"""Before the first step: the hydrofabric of the run, the model of each catchment, and who does which catchments."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod import layout
from dmod.errors import NotFoundError, UsageError
from dmod.hydro import attributes
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.realization import Realization
from dmod.models.model import Clock
from dmod.models.place import Place
from dmod.models.registry import Setting, create
from dmod.worker.order import Order, Source
from dmod.worker.weather import Weather

if TYPE_CHECKING:
    from dmod.hydro.partition import Part
    from dmod.models.model import Model
    from dmod.worker.ranks import Ranks


@dataclass(frozen=True, slots=True)
class Run:
    """A simulation as every rank sees it."""

    order: Order
    clock: Clock
    fabric: Hydrofabric  # of the catchments of this run alone
    realization: Realization
    base: Path  # the folder of the realization
    owners: NDArray[np.intp]  # the rank of each catchment, shape (catchments,)
    weather: Weather
    place: Place = field(default_factory=Place)  # where this rank is
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # of catchments, as parameters want them

    def name(self, index: int) -> str:
        """The id of a catchment by its place in the hydrofabric."""
        return self.fabric.catchments[index]

    def latitude(self, index: int) -> float:
        """Degrees: as the realization says in model_params, else as the hydrofabric knows; NaN if neither does."""
        said = self.realization.formulation(self.name(index)).model_params.get("latitude")
        return float(said) if isinstance(said, int | float) else float(self.fabric.latitudes[index])

    def model(self, index: int) -> Model:
        """The model of a catchment by its place in the hydrofabric."""
        catchment = self.name(index)
        area = float(self.fabric.areas[index])
        own = {"areasqkm": area, "area_sqkm": area, "latitude": self.latitude(index)}
        attributes = {**self.attributes.get(catchment, {}), **own}
        setting = Setting(
            catchment, self.clock, attributes, lambda text: self.order.resolve(text, self.base), self.place
        )
        return create(self.realization.formulation(catchment), setting)


def prepare(order: Order, ranks: Ranks) -> Run:
    """Read what the order names. Raises NotFoundError, UsageError, UnmetError."""
    if order.clock is None:
        raise UsageError(f"job {order.name} has no period")
    fabric = Hydrofabric.read(order.the("hydrofabric").path)
    source = order.the("realization")
    path = json_of(source, "time")
    realization = Realization.read(path)
    _importable(path.parent, Path.cwd())
    fabric = _chosen(fabric, order, realization)
    owners = ranks.share(_owners(fabric, order) if ranks.rank == 0 else None)
    weather = Weather(order.datasets.get("forcing", ()), order.clock)
    place = Place(order.folder / layout.RANKS / f"{ranks.rank}.at")
    wanted = sorted(attributes.asked(realization) - {*attributes.OWN})
    known = attributes.read(order.the("hydrofabric").path, wanted, fabric.catchments) if wanted else {}
    return Run(order, order.clock, fabric, realization, path.parent, owners, weather, place, known)


def _importable(*folders: Path) -> None:
    """Let `python_type` name a module beside the realization or in the cwd, after what is installed."""
    sys.path += [str(folder) for folder in folders if str(folder) not in sys.path]


def json_of(source: Source, key: str) -> Path:
    """The one JSON file of a dataset that has `key` at its top. Raises NotFoundError."""
    files = sorted(source.path.glob("*.json")) if source.path.is_dir() else [source.path]
    if len(files) > 1:
        files = [file for file in files if _has(file, key)]
    if len(files) != 1:
        raise NotFoundError(
            f"dataset {source.name} has {len(files)} JSON files with {key!r}, and the job needs one",
            why=f"looked into {source.path}",
            fix=f"dmod dataset show {source.name}",
        )
    return files[0]


def _has(file: Path, key: str) -> bool:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(document, dict) and key in document


def _chosen(fabric: Hydrofabric, order: Order, realization: Realization) -> Hydrofabric:
    """The catchments that are run (the job's, else the realization's, else all), and the nexuses they drain to.

    A nexus without a catchment of the run is left out: nothing is known of its water, so it is not zero.
    """
    wanted = order.catchments if order.catchments is not None else realization.catchments
    if wanted is not None and set(wanted) != set(fabric.catchments):
        fabric = fabric.subset(wanted)
    if not fabric.catchments:
        raise UsageError(f"job {order.name} has no catchments")
    drained = set(fabric.toids)
    kept = [number for number, nexus in enumerate(fabric.nexuses) if nexus in drained]
    nexuses, toids = ([column[number] for number in kept] for column in (fabric.nexuses, fabric.nexus_toids))
    return replace(fabric, nexuses=tuple(nexuses), nexus_toids=tuple(toids))


def _owners(fabric: Hydrofabric, order: Order) -> NDArray[np.intp]:
    """The rank of each catchment: as the partition dataset says, else by METIS, else in equal runs."""
    count = len(fabric.catchments)
    owners = np.arange(count) * order.ranks // max(count, 1)
    if order.datasets.get("partition"):
        parts = _read_parts(order)
    elif order.ranks == 1 or order.ranks > count or importlib.util.find_spec("pymetis") is None:
        return owners
    else:
        from dmod.hydro import partition

        parts = partition.partition(fabric, order.ranks)
        partition.write(parts, order.folder / "partition.json")
    index = {catchment: number for number, catchment in enumerate(fabric.catchments)}
    owners[:] = -1
    for rank, part in enumerate(parts):
        owners[[index[catchment] for catchment in part.catchments if catchment in index]] = rank
    if (owners < 0).any():
        lost = fabric.catchments[int(np.argmax(owners < 0))]
        raise NotFoundError(f"{lost} is in no part of the partition", fix=f"dmod partition create -n {order.ranks}")
    return owners


def _read_parts(order: Order) -> tuple[Part, ...]:
    source = order.the("partition")
    from dmod.hydro import partition

    parts = partition.read(json_of(source, "partitions"))
    if len(parts) != order.ranks:
        raise UsageError(
            f"partition {source.name} has {len(parts)} parts, and the job {order.ranks} ranks",
            fix=f"set [resources] cpus = {len(parts)}, or: dmod partition create -n {order.ranks}",
        )
    return parts
