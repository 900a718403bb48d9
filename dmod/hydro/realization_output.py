"""What a realization says of its output: the block `output`, or the keys that ngen had before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from dmod.hydro.realization_time import Report

PRECISION = 9  # significant digits of a catchment's CSV; those of a nexus are always six
FORMATS = ("csv", "netcdf")
GROUPINGS = ("per_feature", "per_formulation")
FEATURE = "per_feature"
KEYS = ("enable", "format", "grouping", "rank_subdir")


class Part(NamedTuple):
    """The output of catchments, or that of nexuses."""

    enable: bool = True
    format: str = "csv"
    grouping: str = FEATURE


class Output(NamedTuple):
    """What is written; where is the job's business."""

    precision: int = PRECISION
    catchment: Part = Part()
    nexus: Part = Part()


def output_of(document: Mapping[str, Any], report: Report) -> Output:
    """The output of a realization, after every fault in it was reported; the old keys count where there is no block."""
    if "output" not in document:
        enable = not _boolean(document, "disable_catchment_output", "", report, default=False)
        per_formulation = _boolean(document, "per_formulation_nexus_files", "", report, default=False)
        return Output(PRECISION, Part(enable), Part(format=FORMATS[per_formulation]))
    block = document["output"]
    if not isinstance(block, Mapping):
        report("output", "it is not an object", "")
        return Output()
    precision = block.get("precision", PRECISION)
    if not isinstance(precision, int) or isinstance(precision, bool) or not 1 <= precision <= 17:
        report("output.precision", f"{precision!r} is not a number of digits from 1 to 17", '"precision": 9')
        precision = PRECISION
    found = Output(
        precision, *(_part(block.get(name, {}), f"output.{name}", report) for name in ("catchment", "nexus"))
    )
    if document.get("routing") and not found.nexus.enable:
        report("output.nexus.enable", "routing needs the output of nexuses", '"enable": true')
    return found


def _part(table: object, where: str, report: Report) -> Part:
    if not isinstance(table, Mapping):
        report(where, "it is not an object", "")
        return Part()
    form, grouping = (str(table.get(key, default)) for key, default in (("format", "csv"), ("grouping", FEATURE)))
    for key, value, known in (("format", form, FORMATS), ("grouping", grouping, GROUPINGS)):
        if value not in known:
            report(f"{where}.{key}", f"{value!r} is not one of {', '.join(known)}", f'"{key}": "{known[0]}"')
    if where.endswith("catchment") and form == "netcdf":
        report(f"{where}.format", "ngen writes catchments as CSV alone", "--set simulation.format=netcdf")
    _boolean(table, "rank_subdir", where, report, default=False)  # all ranks write into one folder here
    return Part(_boolean(table, "enable", where, report, default=True), form, grouping)


def _boolean(table: Mapping[str, Any], key: str, where: str, report: Report, *, default: bool) -> bool:
    """True or false, also as the texts that ngen reads for them."""
    value = table.get(key, default)
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    report(f"{where}.{key}" if where else key, f"{value!r} is neither true nor false", f'"{key}": true')
    return default
