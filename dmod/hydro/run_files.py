"""The files that a realization names in a run folder, for the catchments that are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.errors import UnmetError
from dmod.hydro.forcing_pattern import Names
from dmod.hydro.modules import is_sloth
from dmod.hydro.realization import ID, NO_FORCING, NOWHERE
from dmod.hydro.realization_keys import KNOWN
from dmod.hydro.run_paths import libraries, spellings
from dmod.layout import DMOD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dmod.hydro.realization import ForcingSource, Formulation, Realization

    Files = dict[str, Path]  # by the name that they get in a dataset
    Missing = dict[str, str]  # JSON path -> what is missing

CSV, NETCDF = ("CsvPerFeature", ""), "NetCDF"


def found(root: Path, text: str) -> Path | None:
    """A path of a config, seen from the run folder; None where nothing is there."""
    return next((path for name in spellings(text) if (path := root / name).exists()), None)


def configs(realization: Realization, root: Path, catchments: Sequence[str]) -> tuple[Files, Missing]:
    """Libraries and BMI configs below the run folder, by their paths there; those elsewhere stay where they are."""
    files: Files = {}
    missing: Missing = {}
    for leaf, served in _leaves(realization, catchments):
        if leaf.name not in KNOWN:
            raise UnmetError(
                f'{leaf.where}.name: there is no formulation "{leaf.name}"',
                why=f"there are {', '.join(KNOWN)}; ngen had others once",
                fix="set another formulation in the realization",
            )
        for where, texts in _named(leaf):
            for catchment in served if ID in texts[0] else ("",):
                names = [text.replace(ID, catchment) for text in texts]
                path = next((path for name in names if (path := found(root, name))), None)
                if path is None:
                    missing.setdefault(where, f"{where}: {names[0]}")
                elif path.resolve().is_relative_to(root.resolve()):
                    files[path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name] = path
    return files, missing


def _leaves(realization: Realization, catchments: Sequence[str]) -> Iterator[tuple[Formulation, Sequence[str]]]:
    """Each module, and the catchments it is for."""
    own = {name for name in catchments if name in realization.scopes and realization.scopes[name].formulation}
    for key, scope in realization.scopes.items():
        served = ([key] if key in own else []) if key else [name for name in catchments if name not in own]
        if scope.formulation is not None and served:
            yield from ((leaf, served) for leaf in scope.formulation.leaves())


def _named(leaf: Formulation) -> Iterator[tuple[str, Sequence[str]]]:
    """JSON path and possible names of each file that a module names; none that lies in an image."""
    library, init = (str(leaf.params.get(key, "")) for key in ("library_file", "init_config"))
    native = is_sloth(leaf)  # its values stand in the realization
    if library and not native and not library.startswith(f"{DMOD}/"):
        yield f"{leaf.where}.params.library_file", libraries(library)
    if init not in NOWHERE and not init.startswith(f"{DMOD}/"):
        yield f"{leaf.where}.params.init_config", (init,)


def forcings(
    realization: Realization, root: Path, catchments: Sequence[str]
) -> tuple[tuple[Mapping[str, Path], ...], Missing]:
    """The forcing of each catchment, as the realization says. Raises UsageError where a pattern is ambiguous."""
    tables: Files = {}
    grids: dict[Path, Files] = {}
    missing: Missing = {}
    folders: dict[Path, Names] = {}
    for catchment in catchments:
        source = realization.forcing(catchment)
        if source is None or source.provider == NO_FORCING:
            continue
        if source.provider not in (*CSV, NETCDF):
            raise UnmetError(
                f'{source.where}.provider: "{source.provider}" makes forcing during the run, and dmod does not',
                fix=f'write the forcing to files, and "provider": "{NETCDF}" or "{CSV[0]}"',
            )
        path = _file(source, root, catchment, folders)
        if path is None:
            missing.setdefault(source.where, f"{source.where}: {source.path}{source.pattern} for {catchment}")
        elif path.suffix.lower() == ".csv":
            tables[path.name] = path
        else:
            grids[path] = {path.name: path}
    return (*grids.values(), *([tables] if tables else [])), missing


def _file(source: ForcingSource, root: Path, catchment: str, folders: dict[Path, Names]) -> Path | None:
    path = found(root, source.path.replace(ID, catchment))
    if path is None or not path.is_dir() or not source.pattern:
        return path if path is not None and path.is_file() else None
    if path not in folders:
        folders[path] = Names.of(path)
    name = folders[path].exact(source.pattern, catchment, f"{source.where}.file_pattern")
    return path / name if name else None
