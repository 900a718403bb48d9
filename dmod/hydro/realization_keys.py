"""The keys of a realization: what is known is read, what is unknown is an error, and what is not done here is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from dmod.hydro.findings import below
from dmod.hydro.realization_output import KEYS as OUTPUT_PART
from dmod.hydro.realization_time import TIME_KEYS

if TYPE_CHECKING:
    from dmod.hydro.realization_time import Report

TOP = (
    "global", "time", "catchments", "output", "routing", "layers",
    "output_root", "disable_catchment_output", "per_formulation_nexus_files", "remotes_enabled",
)  # fmt: skip
SCOPE = ("formulations", "forcing")
FORMULATION = ("name", "params")
FORCING = ("provider", "path", "file_pattern", "enable_cache", "params")
ROUTING = ("t_route_config_file_with_path", "t_route_connection_path")
LAYER = ("id", "name", "time_step", "time_step_units", "formulations")
OUTPUT = ("root", "precision", "catchment", "nexus")
PARAMS = (
    "model_type_name", "init_config", "main_output_variable", "uses_forcing_file", "forcing_file", "library_file",
    "registration_function", "create_function", "destroy_function", "python_type", "variables_names_map",
    "model_params", "output_variables", "output_header_fields", "allow_exceed_end_time", "fixed_time_step",
    "cache_input_variable_metadata", "name",
)  # fmt: skip
MULTI = (*PARAMS, "modules", "default_output_values")
BOOLEANS = ("allow_exceed_end_time", "fixed_time_step", "cache_input_variable_metadata", "uses_forcing_file")
KNOWN = ("bmi_c", "bmi_c++", "bmi_fortran", "bmi_python", "bmi_multi")
FREE = ("_", "/", "#", "$")  # what a comment begins with
NOTES = ("comment", "comments", "description", "note", "notes", "metadata")
SECONDS = {"s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minutes": 60, "h": 3600, "hours": 3600}


def keys(document: Mapping[str, Any], report: Report) -> None:
    """Report every key that is not known where it stands, and whatever is not supported, by its JSON path."""
    for key in document:
        near = get_close_matches(str(key), TOP, n=1, cutoff=0.8)
        if key not in TOP and near:  # any other key at the top is the user's own, as ngen has it
            report(str(key), f'there is no key "{key}"', f'the key is "{near[0]}"')
    _table(document.get("time"), "time", TIME_KEYS, report)
    _table(document.get("routing"), "routing", ROUTING, report)
    output = document.get("output")
    _table(output, "output", OUTPUT, report)
    for part in ("catchment", "nexus"):
        _table(output.get(part) if isinstance(output, Mapping) else None, f"output.{part}", OUTPUT_PART, report)
    for where, scope in _scopes(document):
        _table(scope, where, SCOPE, report)
        _table(scope.get("forcing"), f"{where}.forcing", FORCING, report)
        for at, formulation in enumerate(_list(scope.get("formulations"))):
            _formulation(formulation, f"{where}.formulations[{at}]", report)
    _layers(document, report)


def _scopes(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(document.get("global"), Mapping):
        yield "global", document["global"]
    own = document.get("catchments")
    for name, scope in own.items() if isinstance(own, Mapping) else ():
        if isinstance(scope, Mapping):
            yield below("catchments", name), scope


def _formulation(table: object, where: str, report: Report) -> None:
    if not isinstance(table, Mapping) or table.get("name") not in KNOWN:
        return  # the reader says what is wrong with it
    _table(table, where, FORMULATION, report)
    params = table.get("params")
    if not isinstance(params, Mapping):
        return
    _table(params, f"{where}.params", MULTI if table["name"] == "bmi_multi" else PARAMS, report)
    for key in BOOLEANS:
        if str(params.get(key, False)).lower() not in ("true", "false"):
            report(f"{where}.params.{key}", f"{params[key]!r} is neither true nor false", f'"{key}": true')
    for at, module in enumerate(_list(params.get("modules"))):
        _formulation(module, f"{where}.params.modules[{at}]", report)


def _layers(document: Mapping[str, Any], report: Report) -> None:
    """Layers say in what order catchments take a step, and how long it is; here each runs on its own, at one step."""
    time = document.get("time")
    step = str(time.get("output_interval", "")) if isinstance(time, Mapping) else ""
    for at, layer in enumerate(_list(document.get("layers"))):
        where = f"layers[{at}]"
        _table(layer, where, LAYER, report)
        if not isinstance(layer, Mapping):
            continue
        if layer.get("formulations"):
            report(f"{where}.formulations", "a layer with formulations of its own is not supported", "")
        own = layer.get("time_step", step)
        seconds = SECONDS.get(str(layer.get("time_step_units", "s")).lower(), 0)
        if not isinstance(own, int | float | str) or str(own * seconds if not isinstance(own, str) else own) != step:
            message = f"a step of {own} {layer.get('time_step_units', 's')}, and time.output_interval is {step} s"
            report(f"{where}.time_step", f"{message}: layers of other steps are not supported", f'"time_step": {step}')


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(table: object, where: str, known: tuple[str, ...], report: Report) -> None:
    for key in table if isinstance(table, Mapping) else ():
        if key in known or key.startswith(FREE) or key.lower() in NOTES:
            continue
        near = get_close_matches(key, known, n=1, cutoff=0.6)
        report(below(where, key), f'"{key}" is not supported', f'the key is "{near[0]}"' if near else "delete it")
