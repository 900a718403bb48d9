"""The realization that ngen is given: the job's, with its period, paths that can be opened, and our output folder."""

from __future__ import annotations

import copy
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from dmod.errors import UnmetError
from dmod.hydro.realization import ID, NO_FORCING, NOWHERE
from dmod.hydro.realization_time import FORMAT
from dmod.hydro.run_paths import spellings
from dmod.models import library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmod.models.model import Clock
    from dmod.worker.order import Order

PATTERN = f"(.*[^A-Za-z0-9])?{ID}([^0-9].*)?[.]csv"  # just the file of this catchment, whatever is around its id


def made(document: Mapping[str, Any], order: Order, base: Path, clock: Clock, first: str) -> dict[str, Any]:
    """The document for ngen; `base` is where the relative paths of the job's start, `first` one of its catchments.

    Raises NotFoundError for a file that is not there, UnmetError for what ngen cannot be given.
    """
    own: dict[str, Any] = copy.deepcopy(dict(document))
    own["time"] = _time(own["time"], clock)
    root = f"{order.partial}/"
    if "output" in own:
        own["output"]["root"] = root
    else:
        own["output_root"] = root
    if order.spec.get("routing") == "none":
        own.pop("routing", None)
    everywhere: dict[str, Any] = own.get("global", {})
    scopes: list[tuple[str, dict[str, Any]]] = [(first, everywhere), *own.get("catchments", {}).items()]
    for name, scope in scopes:
        for formulation in scope.get("formulations", ()):
            _paths(formulation, order, base, name)
        given = scope.get("forcing", {}).get("provider")
        if given != NO_FORCING and ("forcing" in scope or scope is everywhere):
            scope["forcing"] = _forcing(order)
    return own


def _time(table: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    from datetime import timedelta

    end = clock.begin + timedelta(seconds=clock.step * (clock.steps - 1))
    return {**table, "start_time": clock.begin.strftime(FORMAT), "end_time": end.strftime(FORMAT)}


def _paths(formulation: dict[str, Any], order: Order, base: Path, catchment: str) -> None:
    params = formulation["params"]
    for module in params.get("modules", ()):
        _paths(module, order, base, catchment)
    if params.get("library_file"):
        found = library.find(params["library_file"], lambda text: order.resolve(text, base), catchment)
        params["library_file"] = str(found)
    init = str(params.get("init_config", ""))
    if init not in NOWHERE:
        params["init_config"] = _general(init, order, base, catchment)


def _general(text: str, order: Order, base: Path, catchment: str) -> str:
    """The path that a text with the id of any catchment in it means, found by that of one catchment."""
    found = str(order.resolve(text.replace(ID, catchment), base))
    if ID not in text:
        return found
    for name in spellings(text):
        ending = str(PurePosixPath(name))
        if found.endswith(ending.replace(ID, catchment)):
            return found.removesuffix(ending.replace(ID, catchment)) + ending
    return found.replace(catchment, ID)


def _forcing(order: Order) -> dict[str, str]:
    """Where ngen finds the forcing of every catchment: it reads one dataset."""
    sources = order.datasets.get("forcing", ())
    if len(sources) != 1:
        raise UnmetError(
            f"ngen is given one forcing, and the job has {len(sources)}",
            why=", ".join(source.name for source in sources),
            fix='name one in [simulation] forcing, or program = "dmod"',
        )
    path = sources[0].path.resolve()
    grids = [path] if path.is_file() else sorted(path.glob("*.nc"))
    if grids:
        return {"path": str(grids[0]), "provider": "NetCDF"}
    return {"path": f"{path}/", "file_pattern": PATTERN, "provider": "CsvPerFeature"}
