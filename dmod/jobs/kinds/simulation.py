"""simulation: a realization over a hydrofabric and a period, each rank its share of the catchments."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dmod.data.format import Category
from dmod.data.match import match
from dmod.data.requirement import Requirement
from dmod.errors import UnmetError, UsageError
from dmod.hydro.ids import natural, some
from dmod.hydro.period import TimeRange
from dmod.jobs.prepared import Prepared
from dmod.jobs.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.data.dataset import Dataset

_START = ("begin", "start_time", "from")
_END = ("stop", "end_time", "until", "to")
_FORMAT = "of the output; auto is CSV up to 1,000 catchments and nexuses, and NetCDF above"
_ROUTING = "how water travels down the flowpaths; auto is muskingum if the realization routes, else none"
_TRIES = 20  # hydrofabrics that are held against a job that names none


@dataclass(frozen=True, slots=True)
class Simulation:
    """[simulation]."""

    realization: str = field(metadata={"doc": "a config dataset that holds one", "aliases": ("config", "formulation")})
    hydrofabric: str | None = field(
        default=None, metadata={"doc": "by default the one that fits", "aliases": ("fabric",)}
    )
    forcing: str | tuple[str, ...] | None = field(
        default=None, metadata={"doc": "one dataset or several; by default those that cover the job"}
    )
    start: datetime | None = field(default=None, metadata={"doc": "by default the realization's", "aliases": _START})
    end: datetime | None = field(default=None, metadata={"doc": "the start of the last step", "aliases": _END})
    catchments: tuple[str, ...] | None = field(
        default=None, metadata={"doc": "by default all of the hydrofabric", "aliases": ("cats", "divides")}
    )
    partition: str | None = field(default=None, metadata={"doc": "a config dataset; by default METIS makes one"})
    routing: str = field(default="auto", metadata={"choices": ("auto", "none", "muskingum"), "doc": _ROUTING})
    program: str = field(
        default="dmod", metadata={"choices": ("dmod", "ngen"), "doc": "what simulates: this worker, or ngen on PATH"}
    )
    output: str | None = field(default=None, metadata={"doc": "the dataset it makes; by default NAME-ID"})
    format: str = field(
        default="auto",
        metadata={"choices": ("auto", "csv", "netcdf", "parquet"), "aliases": ("output_format",), "doc": _FORMAT},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSpec(Spec):
    """A job file of kind simulation."""

    simulation: Simulation


def prepare(spec: SimulationSpec, datasets: Sequence[Dataset]) -> Prepared:
    """The datasets, period and catchments of a simulation; a hydrofabric that is not named is the newest that serves.

    Raises:
        UnmetError: a dataset is missing or does not cover the job; every gap is named.
        UsageError: the period is not one of the realization's steps.
    """
    try:
        return _prepared(spec, spec.simulation, datasets)
    except UnmetError:
        if spec.simulation.hydrofabric is None:
            fabrics = [each for each in datasets if each.category is Category.HYDROFABRIC]
            for fabric in sorted(fabrics, key=lambda each: (each.created, each.name), reverse=True)[:_TRIES]:
                with suppress(UnmetError):
                    return _prepared(spec, replace(spec.simulation, hydrofabric=fabric.name), datasets)
        raise


def _prepared(spec: SimulationSpec, wanted: Simulation, datasets: Sequence[Dataset]) -> Prepared:
    name = spec.name or "simulation"
    found = match([_config("realization", wanted.realization, "realization-config"), _fabric(wanted)], datasets)
    if found.gaps:
        raise found.unmet(name)
    realization, fabric = found.chosen["realization"][0], found.chosen["hydrofabric"][0]
    _routed(wanted, realization, fabric, name)
    period, step = _period(wanted, realization.domain.details)
    catchments = _catchments(wanted, fabric, name)
    _formulated(realization, catchments, name)
    weather = _weather(wanted, realization.domain.details, catchments, period, step)
    fed = match([*_partition(wanted, catchments, spec.resources.cpus), *weather], datasets)
    if fed.gaps:
        raise fed.unmet(name)
    partition = {role: sets for role, sets in fed.chosen.items() if role == "partition"}
    forcing = {each.name: each for role, sets in fed.chosen.items() if role != "partition" for each in sets}
    chosen = {**found.chosen, **partition, **({"forcing": tuple(forcing.values())} if forcing else {})}
    return Prepared(
        datasets={role: tuple(each.name for each in sets) for role, sets in chosen.items()},
        digests={each.name: each.digest for sets in chosen.values() for each in sets},
        period=period,
        step=step,
        catchments=None if wanted.catchments is None else catchments,
        size=len(catchments),
    )


def _config(role: str, name: str, form: str) -> Requirement:
    return Requirement(Category.CONFIG, role, names=(name,), formats=(form,))


def _partition(wanted: Simulation, catchments: tuple[str, ...], cpus: int) -> list[Requirement]:
    """A partition that is named must have every catchment, and a part for each rank."""
    if wanted.partition is None:
        return []
    named = _config("partition", wanted.partition, "partition-config")
    return [replace(named, catchments=catchments, details={"parts": min(cpus, len(catchments))})]


def _fabric(wanted: Simulation) -> Requirement:
    return Requirement(
        Category.HYDROFABRIC,
        "hydrofabric",
        names=(wanted.hydrofabric,) if wanted.hydrofabric else (),
        catchments=wanted.catchments,
    )


def _period(wanted: Simulation, details: Mapping[str, Any]) -> tuple[TimeRange, int]:
    """The steps of the run: those of the realization, or a part of the time on the same clock."""
    own = TimeRange.from_json({"begin": details["begin"], "end": details["end"]})
    step = int(details["step"])
    begin, end = wanted.start or own.begin, wanted.end or own.end
    for key, time in (("start", begin), ("end", end)):
        if (time - own.begin).total_seconds() % step:
            on = time - (time - own.begin) % timedelta(seconds=step)
            raise UsageError(
                f"simulation.{key} {time:%Y-%m-%d %H:%M:%S} is not on the clock of {wanted.realization}",
                why=f"its steps are {step} s long and begin at {own.begin:%Y-%m-%d %H:%M:%S}",
                fix=f"--set simulation.{key}={on:%Y-%m-%dT%H:%M:%SZ}",
            )
    if end < begin:
        raise UsageError(f"simulation.end {end:%Y-%m-%d %H:%M:%S} is before its start {begin:%Y-%m-%d %H:%M:%S}")
    return TimeRange(begin, end), step


def _catchments(wanted: Simulation, fabric: Dataset, name: str) -> tuple[str, ...]:
    if wanted.catchments is None:
        return tuple(fabric.domain.catchments or ())
    if not wanted.catchments:
        raise UnmetError(f'job "{name}" has no catchments', why="simulation.catchments is an empty list")
    return tuple(dict.fromkeys(wanted.catchments))


def _routed(wanted: Simulation, realization: Dataset, fabric: Dataset, name: str) -> None:
    """Routing needs channels; a hydrofabric that was registered before these were counted is taken at its word."""
    asked = wanted.routing == "muskingum" or (wanted.routing == "auto" and realization.domain.details.get("routing"))
    if asked and fabric.domain.details.get("channels") == 0:
        raise UnmetError(
            f'hydrofabric "{fabric.name}" cannot route the water of job "{name}"',
            why="no table of flowpaths in it has MusK and MusX",
            fix="--set simulation.routing=none, or name a GeoPackage with flowpath-attributes",
        )


def _formulated(realization: Dataset, catchments: tuple[str, ...], name: str) -> None:
    """A realization without a global formulation serves the catchments it names, and no other."""
    named = realization.domain.details.get("catchments")
    missing = natural(set(catchments) - set(named)) if named is not None else []
    if missing:
        raise UnmetError(
            f'realization "{realization.name}" does not cover job "{name}"',
            why=f"no formulation for {some(missing)}, and none under global",
            fix=f"add them to the realization, or set simulation.catchments; dmod dataset show {realization.name}",
        )


def _weather(
    wanted: Simulation, details: Mapping[str, Any], catchments: tuple[str, ...], period: TimeRange, step: int
) -> list[Requirement]:
    """What must come from forcing: one requirement for each group of catchments whose models need the same."""
    names = (wanted.forcing,) if isinstance(wanted.forcing, str) else wanted.forcing or ()
    left: set[str] = set(catchments)
    requirements: list[Requirement] = []
    for need in details["needs"]:
        named = left if need["catchments"] is None else left & set(need["catchments"])
        left = left - named  # not in place: named may be left itself
        if named and (need["variables"] or names):  # what a class of the user's own takes, only a run can tell
            requirements.append(
                Requirement(
                    Category.FORCING,
                    "forcing" if len(named) == len(catchments) else f"forcing of {some(natural(named), 2)}",
                    names=tuple(names),
                    catchments=tuple(each for each in catchments if each in named),
                    time=period,
                    step=step,
                    variables=tuple(need["variables"]),
                )
            )
    return requirements
