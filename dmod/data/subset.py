"""Subsets: datasets of a part of a hydrofabric, and of the forcing and configs that go with it; all of them or none."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.data import name as names_
from dmod.data.dataset import Dataset
from dmod.data.format import Category
from dmod.data.workspace import Workspace
from dmod.errors import ConflictError, DmodError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from dmod.hydro.subset import Part

FORCINGS = ("aorc-csv", "aorc-netcdf")
CONFIGS = ("realization-config", "bmi-config")


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one dataset."""

    dataset: Dataset
    lacking: tuple[str, ...] = ()  # catchments of the part that a forcing does not have


def part_of(store: FolderStore, name: str, *, upstream_of: str = "", catchments: Sequence[str] = ()) -> Part:
    """The part of a hydrofabric dataset. Raises NotFoundError, UnmetError, UsageError, each with what would do."""
    from dmod.hydro import subset
    from dmod.hydro.hydrofabric import Hydrofabric

    dataset = store.get(name)
    if dataset.category is not Category.HYDROFABRIC:
        raise UsageError(
            f'dataset "{name}" is of category {dataset.category}, and a part is cut from a hydrofabric',
            fix="dmod dataset list --category hydrofabric",
        )
    fabric = Hydrofabric.read(store.path(name))
    return subset.upstream_of(fabric, upstream_of) if upstream_of else subset.chosen(fabric, catchments)


def create(store: FolderStore, wanted: Sequence[tuple[str, str]], part: Part) -> list[Made]:
    """The part of each dataset under its new name, given as pairs of them, the hydrofabric first.

    What fails leaves none of them behind.

    Raises UsageError for a dataset that cannot be cut, ConflictError for a name that is taken, UnmetError for one that
    has nothing of the part, and as `FolderStore.create`.
    """
    sources = [(store.get(name), names_.require(new)) for name, new in wanted]
    _require_free(store, [new for _, new in sources])
    for dataset, _ in sources[1:]:
        _require_along(dataset)
    made: list[Made] = []
    with Workspace(store.root) as staging:
        folders = [staging / new for _, new in sources]
        lacking = [_cut(store.path(d.name), d, at, part) for (d, _), at in zip(sources, folders, strict=True)]
        try:
            for (dataset, new), folder, lost in zip(sources, folders, lacking, strict=True):
                made.append(Made(_register(store, dataset, new, folder), lost))  # one by one, to be undone
        except BaseException:
            for each in made:
                with suppress(DmodError):
                    store.delete(each.dataset.name)
            raise
    return made


def _register(store: FolderStore, dataset: Dataset, new: str, folder: Path) -> Dataset:
    return store.create(
        new,
        dataset.category,
        [folder],
        format=dataset.format,
        adopt=True,
        description=f"part of {dataset.name}",
        derived_from=[dataset.name],
    )


def _cut(source: Path, dataset: Dataset, folder: Path, part: Part) -> tuple[str, ...]:
    """Write the part of one dataset to a new folder; gives the catchments that it does not have."""
    folder.mkdir()
    if dataset.format in FORCINGS:
        from dmod.hydro import subset_forcing

        own = set(subset_forcing.cut(source, folder, part.catchments))
        return tuple(name for name in part.catchments if name not in own)
    if dataset.format in CONFIGS:
        from dmod.hydro import subset_config

        subset_config.cut(source, folder, part)
        return ()
    if dataset.format == "geopackage-hydrofabric":
        _cut_package(source, folder, part)
    else:
        from dmod.hydro import subset_geojson

        subset_geojson.cut(source, folder, part)
    return ()


def _cut_package(source: Path, folder: Path, part: Part) -> None:
    """The GeoPackage, and what lies beside it in JSON or by the name of a catchment."""
    from dmod.hydro import geopackage, subset_geojson, subset_geopackage

    package = geopackage.find(source)
    subset_geojson.cut(source, folder, part, without=package)
    if package is not None:
        subset_geopackage.cut(package, folder / package.name, part)


def _require_free(store: FolderStore, names: Iterable[str]) -> None:
    taken = set(store.names())
    for name in names:
        if name in taken:
            raise ConflictError(f'there is a dataset "{name}" already', fix="--as NEWNAME, with another name")
        taken.add(name)


def _require_along(dataset: Dataset) -> None:
    """Raise UsageError for what cannot be cut along with a hydrofabric."""
    if dataset.format in (*FORCINGS, *CONFIGS):
        return
    fix = f"dmod dataset create NAME --category {dataset.category} --from PATH, with the files of the part"
    if dataset.category is Category.HYDROFABRIC:
        fix = f"dmod dataset subset {dataset.name}, by itself"
    elif dataset.format == "partition-config":
        fix = "dmod partition create, with the new hydrofabric"
    raise UsageError(
        f'dataset "{dataset.name}" cannot be cut along with a hydrofabric',
        why=f"it is {dataset.format} of category {dataset.category}; what can be is {', '.join((*FORCINGS, *CONFIGS))}",
        fix=fix,
    )
