"""Detector of realizations: one NextGen config, with the files its models read beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmod.data.blocks import block
from dmod.data.detectors import files
from dmod.data.domain import Domain
from dmod.errors import UsageError
from dmod.hydro.ids import natural, some
from dmod.hydro.period import TimeRange, rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry
    from dmod.hydro.realization import Formulation, Realization

_SCOPES = {"global", "catchments"}


def looks(entries: Sequence[Entry]) -> bool:
    """A JSON file with `time`, and `global` or `catchments`."""
    return any(_is_realization(files.keys(each)) for each in files.top(entries, ".json"))


def _is_realization(keys: frozenset[str]) -> bool:
    return "time" in keys and bool(_SCOPES & keys)


def read(folder: Path) -> Domain:
    """Catchments, period, what forcing must have. Raises UsageError for none or several, and for what is damaged."""
    from dmod.hydro.realization import Realization

    tables = sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))
    found = [path for path in tables if _is_realization(files.keys_of(path, path.stat().st_size))]
    found = found or tables  # the reader says what is wrong with it
    if len(found) != 1:
        names = some(path.name for path in found) or "none"
        raise UsageError(
            f"one realization is needed, and there are {len(found)}: {names}",
            why="a job runs one realization",
            fix=f"--from {found[0] if found else 'FILE'}, and the folders with what its models read",
        )
    realization = Realization.read(found[0])
    time = realization.time
    details = {
        "file": found[0].name,
        "begin": rfc3339(time.begin),
        "end": rfc3339(time.end),
        "step": time.step,
        "catchments": None
        if realization.catchments is None
        else natural(realization.catchments),  # None: a global formulation serves every one
        "needs": needs(realization),
        "models": models(realization),
        "routing": bool(realization.document.get("routing")),  # by t-route, in ngen
    }
    whole = block(realization.catchments, TimeRange(time.begin, time.end))
    return Domain("realization-config", (whole,), time.step, details)


def needs(realization: Realization) -> list[dict[str, Any]]:
    """The variables that forcing must have, for catchments that need the same; None stands for all the others.

    A variable is named as a requirement names it: `precipitation|APCP_surface|precip_rate` is met by any of these.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for scope in realization.scopes.values():
        if scope.formulation is not None and scope.catchment:
            groups.setdefault(variables(scope.formulation), []).append(scope.catchment)
    found: list[dict[str, Any]] = [
        {"catchments": natural(members), "variables": list(names)} for names, members in groups.items()
    ]
    glob = realization.scopes.get("")
    if glob is not None and glob.formulation is not None:
        found.append({"catchments": None, "variables": list(variables(glob.formulation))})
    return found


def variables(formulation: Formulation) -> tuple[str, ...]:
    """What one formulation wants of forcing."""
    from dmod.hydro.meteorology import SOURCES
    from dmod.hydro.variables import canonical
    from dmod.hydro.wiring import open_inputs

    wanted = {
        "|".join(dict.fromkeys([canonical(item.alias), *(SOURCES.get(item.alias, ()) if item.derived else ())]))
        for item in open_inputs(formulation)
    }
    return tuple(sorted(wanted))


def models(realization: Realization) -> list[str]:
    """What its models are called, each once."""
    formulations = [scope.formulation for scope in realization.scopes.values() if scope.formulation]
    return sorted({leaf.model for formulation in formulations for leaf in formulation.leaves()})
