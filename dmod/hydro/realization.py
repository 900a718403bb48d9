"""Realizations: which models with which settings, for which catchments, over which period, fed by which forcing.

The format is ngen's. One parser serves two attitudes: `Realization.read` stops at the first fault, the check
collects all of them, because both hand in what is to be done with a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import json_file, json_places
from dmod.hydro.modules import Interface
from dmod.hydro.realization_keys import keys
from dmod.hydro.realization_output import Output, output_of
from dmod.hydro.realization_time import Report, Time, time_of

ID = "{{id}}"  # stands for the catchment's id in init_config and file_pattern
NOWHERE = ("", "/dev/null")  # init_config of a model that needs none
MULTI = "bmi_multi"
NO_FORCING = "NullForcingProvider"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Formulation:
    """One model and its settings, or several in a row (`bmi_multi`)."""

    name: str  # bmi_c, bmi_c++, bmi_fortran, bmi_python, bmi_multi
    params: Mapping[str, Any]  # as they stand in the file
    modules: tuple[Formulation, ...] = ()  # of bmi_multi, in the order they run
    where: str = ""  # JSON path, as global.formulations[0]
    own: Interface | None = None  # what the module said of itself, where it was asked

    @property
    def model(self) -> str:
        """What the user calls the model."""
        return str(self.params.get("model_type_name", self.name))

    @property
    def map(self) -> Mapping[str, str]:
        """The model's name of a variable -> the name it goes by among modules and forcing."""
        found = self.params.get("variables_names_map")
        return found if isinstance(found, Mapping) else {}

    @property
    def model_params(self) -> Mapping[str, Any]:
        """Parameter -> value, or a mapping that says where in the hydrofabric it comes from."""
        found = self.params.get("model_params")
        return found if isinstance(found, Mapping) else {}

    def leaves(self) -> tuple[Formulation, ...]:
        """The models that run: its modules and theirs, or itself."""
        if self.name != MULTI:
            return (self,)
        return tuple(leaf for module in self.modules for leaf in module.leaves())


class ForcingSource(NamedTuple):
    """Where meteorology comes from."""

    provider: str  # CsvPerFeature, NetCDF, or another of ngen's
    path: str  # as it stands in the file: a file, or a folder when there is a pattern
    pattern: str = ""  # regular expression over whole file names, with {{id}}
    where: str = ""  # JSON path, as global.forcing


class Scope(NamedTuple):
    """What stands under `global`, or under one catchment."""

    where: str  # JSON path: global, catchments.cat-27
    catchment: str  # "" under global
    formulation: Formulation | None
    forcing: ForcingSource | None
    listed: int = 0  # formulations in the file, of which ngen reads the first


@dataclass(frozen=True, slots=True)
class Realization:
    """A realization that can be run as far as its own text says."""

    time: Time
    scopes: Mapping[str, Scope]  # catchment -> what it has of its own; "" is global
    document: Mapping[str, Any] = field(repr=False)  # the whole file: routing, layers and free keys too
    output: Output = field(default_factory=Output)

    @classmethod
    def read(cls, path: Path) -> Realization:
        """The realization in `path`. Raises NotFoundError or UsageError at its first fault, with its line."""
        path = Path(path)

        def stop(where: str, message: str, fix: str) -> None:
            line, column = json_places.where(path.read_text(encoding="utf-8-sig"), where)
            raise UsageError(f"{path}:{line}:{column} {where}: {message}", fix=fix or f"dmod realization check {path}")

        return cls.of(json_file.read(path), stop)

    @classmethod
    def of(cls, document: object, report: Report) -> Realization:
        """The realization in a document already read. `report` must raise."""
        if not isinstance(document, Mapping):
            report("$", "a realization is a JSON object", "")
            raise UsageError("a realization is a JSON object")
        time, scopes, output = time_of(document, report), scopes_of(document, report), output_of(document, report)
        keys(document, report)
        if not any(scope.formulation for scope in scopes):
            report("global.formulations", "there is no formulation, neither here nor under catchments", "")
        if time is None:
            raise UsageError("a realization needs `time`")
        return cls(time, MappingProxyType({scope.catchment: scope for scope in scopes}), document, output)

    @property
    def catchments(self) -> tuple[str, ...] | None:
        """The catchments it names; None where a global formulation serves every other one too."""
        glob = self.scopes.get("")
        if glob is not None and glob.formulation is not None:
            return None
        return tuple(name for name in self.scopes if name)

    def formulation(self, catchment: str) -> Formulation:
        """The catchment's own, or the global one. Raises NotFoundError where there is neither."""
        for key in (catchment, ""):
            scope = self.scopes.get(key)
            if scope is not None and scope.formulation is not None:
                return scope.formulation
        raise NotFoundError(
            f"no formulation for {catchment}", why="it is not under `catchments`, and there is none under `global`"
        )

    def forcing(self, catchment: str) -> ForcingSource | None:
        """The catchment's own forcing, or the global one; None where the file names neither."""
        for key in (catchment, ""):
            scope = self.scopes.get(key)
            if scope is not None and scope.forcing is not None:
                return scope.forcing
        return None

    def needs(self) -> tuple[str, ...]:
        """The variables that must come from forcing, as AORC names them, sorted.

        Inputs of a model that is not known here count only as far as its `variables_names_map` names them.
        """
        from dmod.hydro.wiring import needs

        found = {name for scope in self.scopes.values() if scope.formulation for name in needs(scope.formulation)}
        return tuple(sorted(found))


def scopes_of(document: Mapping[str, Any], report: Report) -> tuple[Scope, ...]:
    """`global` and every catchment, in the file's order."""
    found: list[Scope] = []
    if "global" in document:
        found.append(scope_of(document["global"], "global", "", report))
    catchments = document.get("catchments", NOTHING)
    if not isinstance(catchments, Mapping):
        report("catchments", "it is not an object of catchment ids", "")
        return tuple(found)
    found += [scope_of(table, f"catchments.{name}", name, report) for name, table in catchments.items()]
    return tuple(found)


def scope_of(table: object, where: str, catchment: str, report: Report) -> Scope:
    """What one scope says; the faults of its formulations and forcing are reported."""
    if not isinstance(table, Mapping):
        report(where, "it is not an object", "")
        return Scope(where, catchment, None, None)
    forcing = forcing_of(table["forcing"], f"{where}.forcing", report) if "forcing" in table else None
    listed = table.get("formulations")
    if listed is None and not catchment:
        return Scope(where, catchment, None, forcing)
    if not isinstance(listed, list) or not listed:
        report(f"{where}.formulations", "it is not a list with a formulation in it", "")
        return Scope(where, catchment, None, forcing)
    first = formulation_of(listed[0], f"{where}.formulations[0]", report)
    return Scope(where, catchment, first, forcing, len(listed))


def formulation_of(table: object, where: str, report: Report) -> Formulation | None:
    """One formulation and the modules in it; None where it is at fault."""
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        report(where, 'it is not an object with a "name"', "")
        return None
    params = table.get("params")
    if not isinstance(params, Mapping) or not params:
        report(f"{where}.params", "it is missing or empty", "")
        return None
    if table["name"] != MULTI:
        return Formulation(table["name"], params, (), where)
    listed = params.get("modules")
    if not isinstance(listed, list) or not listed:
        report(f"{where}.params.modules", "bmi_multi needs a list of modules", "")
        return None
    modules = (formulation_of(module, f"{where}.params.modules[{at}]", report) for at, module in enumerate(listed))
    return Formulation(MULTI, params, tuple(module for module in modules if module), where)


def forcing_of(table: object, where: str, report: Report) -> ForcingSource | None:
    """Where forcing comes from; None where it does not say."""
    if not isinstance(table, Mapping):
        report(where, "it is not an object", "")
        return None
    path, pattern = table.get("path", ""), table.get("file_pattern", "")
    provider = str(table.get("provider", "CsvPerFeature"))
    if not isinstance(path, str) or (not path and provider != NO_FORCING):
        report(f"{where}.path", "it is missing", "")
        return None
    return ForcingSource(provider, path, str(pattern), where)
