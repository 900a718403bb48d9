"""A NextGen run folder as a modeller has it: its realization, and the files that this names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import NotFoundError, UnmetError, UsageError
from dmod.hydro import json_file
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.ids import some
from dmod.hydro.realization import Realization
from dmod.hydro.run_files import configs, forcings

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGS = "config"  # where NextGen in a Box has the realization and the hydrofabric
PREFERRED = "realization.json"
PLACES = (CONFIGS, ".", "hydrofabric", "domain")  # below the run folder, where a hydrofabric may be
LARGE = 64 << 20  # bytes: a larger JSON file is no realization


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run, each under the name that it has in a dataset."""

    root: Path
    realization: Path
    hydrofabric: Mapping[str, Path]
    forcings: tuple[Mapping[str, Path], ...]  # NetCDF files one by one, and the CSV files together
    routed: bool  # by t-route, as the realization has it
    config: Mapping[str, Path]  # the realization first, as PREFERRED; the others by their paths below the root

    @classmethod
    def read(cls, path: Path) -> RunFolder:
        """What is in a run folder, or beside the realization that is named.

        Raises NotFoundError, UsageError where it is not clear; UnmetError naming every file that is missing.
        """
        root, file = located(path)
        realization = Realization.read(file)
        fabric_at = fabric_path(root)
        if not fabric_at:
            raise UnmetError(
                f"there is no hydrofabric in {root}",
                why=f"looked for a .gpkg, or catchment*.geojson and nexus*.geojson, there and in {root / CONFIGS}",
                fix=f"copy it to {root / CONFIGS}",
            )
        fabric = Hydrofabric.read(fabric_at[0], *fabric_at[1:])
        catchments = _served(realization, fabric)
        config, lost = configs(realization, root, catchments)
        weather, lacking = forcings(realization, root, catchments)
        if missing := {**lost, **lacking}:
            raise UnmetError(
                f"{file} names what is not there",
                why=f"{some(missing.values(), 5)}; relative paths start at {root}",
                fix=f"dmod realization check {file} --root {root}",
            )
        routed = bool(realization.document.get("routing"))
        return cls(root, file, {each.name: each for each in fabric_at}, weather, routed, {PREFERRED: file, **config})


def is_run(path: Path) -> bool:
    """Whether a folder holds a hydrofabric and a realization, so that it is several datasets and not one.

    Raises UsageError where it has several realizations.
    """
    if not path.is_dir() or not fabric_path(path):
        return False
    try:
        located(path)
    except NotFoundError:
        return False
    return True


def located(path: Path) -> tuple[Path, Path]:
    """The run folder and its realization, from either. Raises NotFoundError, UsageError."""
    path = path.absolute()
    if not path.exists():
        raise NotFoundError(f"{path}: no such file or folder", fix=f"ls {path.parent}")
    if path.is_file():
        return (path.parent.parent if path.parent.name == CONFIGS else path.parent), path
    found = [*_realizations(path / CONFIGS), *_realizations(path)]
    named = [each for each in found if each.name == PREFERRED]
    if len(found) != 1 and len(named) != 1:
        names = some((str(each.relative_to(path)) for each in found), 5)
        raise (UsageError if found else NotFoundError)(
            f"{path} has {f'{len(found)} realizations: {names}' if found else 'no realization'}",
            why="a run is of one realization; in NextGen in a Box it is config/realization.json",
            fix=f"give one of them: {found[0]}" if found else f"ls {path} {path / CONFIGS}",
        )
    return path, (found if len(found) == 1 else named)[0]


def fabric_path(root: Path) -> tuple[Path, ...]:
    """The GeoPackage, or the catchments and nexuses in GeoJSON; none where there is none. Raises UsageError."""
    from dmod.hydro import geojson, geopackage

    for place in PLACES:
        if not (root / place).is_dir():
            continue
        if package := geopackage.find(root / place):
            return (package,)
        try:
            return geojson.find(root / place)
        except NotFoundError:
            continue
    return ()


def _realizations(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("*.json")):
        if path.stat().st_size > LARGE:
            continue
        try:
            document = json_file.read(path)
        except (UsageError, NotFoundError):
            if path.name == PREFERRED:
                raise
            continue
        if isinstance(document, dict) and "time" in document and {"global", "catchments"} & document.keys():
            yield path


def _served(realization: Realization, fabric: Hydrofabric) -> tuple[str, ...]:
    """The catchments that are run."""
    named = realization.catchments
    known = set(fabric.catchments)
    return fabric.catchments if named is None else tuple(name for name in named if name in known)
