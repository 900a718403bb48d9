"""Config: dmod.toml as frozen dataclasses; an unknown key is an error that names its neighbour."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod import tables, toml_file
from dmod.errors import UsageError
from dmod.tables import hints

if TYPE_CHECKING:
    from dmod.toml_file import Located


@dataclass(frozen=True, slots=True)
class ProjectTable:
    """What the project is called."""

    name: str = field(default="", metadata={"doc": "shown in status and the dashboard"})


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a job gets when it does not say."""

    cpus: int = field(
        default=1,
        metadata={
            "doc": "ranks of a simulation",
            "minimum": 1,
            "aliases": ("cpu", "cores", "ranks", "np", "processes", "procs", "tasks", "n"),
        },
    )
    memory: int = field(  # bytes
        default=0,
        metadata={
            "doc": "for all ranks together; 0 is no limit",
            "kind": "memory",
            "aliases": ("mem", "mem_gb", "mem_mb", "memory_gb", "memory_mb", "ram", "memory_limit"),
        },
    )
    paradigm: str = field(
        default="single-node",
        metadata={
            "doc": "how cpus are spread over nodes",
            "choices": ("single-node", "fill-nodes", "round-robin"),
            "aliases": ("allocation", "strategy", "allocation_paradigm"),
        },
    )
    executor: str = field(
        default="local",
        metadata={
            "doc": "where workers run",
            "choices": ("local",),
            "aliases": ("engine", "backend", "runner", "launcher"),
        },
    )
    time_limit: int = field(  # seconds
        default=0,
        metadata={
            "doc": "a job that runs longer is ended; 0 is no limit",
            "kind": "duration",
            "aliases": ("timeout", "time", "walltime", "max_time", "limit"),
        },
    )


@dataclass(frozen=True, slots=True)
class Scheduler:
    """What the scheduler may use of this machine, and how long it waits for more to do."""

    cpus: int = field(
        default=0,
        metadata={
            "doc": "for all jobs together; 0 is all this machine has",
            "minimum": 0,
            "aliases": ("cpu", "cores", "max_cpus"),
        },
    )
    memory: int = field(  # bytes
        default=0,
        metadata={
            "doc": "for all jobs together; 0 is all this machine has",
            "kind": "memory",
            "aliases": ("mem", "mem_gb", "mem_mb", "ram", "max_memory"),
        },
    )
    idle_exit: int = field(  # seconds
        default=600,
        metadata={
            "doc": "it ends itself after so long without a job; 0 is never",
            "kind": "duration",
            "aliases": ("idle", "idle_timeout", "timeout", "idle_time"),
        },
    )


@dataclass(frozen=True, slots=True)
class Data:
    """Where datasets lie."""

    folder: Path = field(
        default=Path(".dmod/datasets"),
        metadata={
            "doc": "relative to this file, or absolute on a larger disk",
            "aliases": ("path", "dir", "directory", "datasets", "root", "store"),
        },
    )


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of dmod.toml."""

    project: ProjectTable = field(default_factory=ProjectTable, metadata={"aliases": ("name",)})
    defaults: Defaults = field(default_factory=Defaults, metadata={"aliases": ("resources", "default", "job", "jobs")})
    scheduler: Scheduler = field(default_factory=Scheduler, metadata={"aliases": ("queue", "limits")})
    data: Data = field(default_factory=Data, metadata={"aliases": ("dataset", "datasets", "store")})


@dataclass(frozen=True, slots=True)
class Config(Tables):
    """dmod.toml, with where each value comes from."""

    origins: Mapping[str, str] = field(default_factory=dict)  # "defaults.cpus" -> "dmod.toml:4:1"; no entry: default

    @classmethod
    def default(cls) -> Config:
        """What holds without a dmod.toml and without the environment."""
        return cls()

    @classmethod
    def read(cls, path: Path, environment: Mapping[str, str] | None = None) -> Config:
        """Read dmod.toml; DMOD_<TABLE>_<KEY> of the environment (os.environ by default) goes before it.

        Raises:
            NotFoundError: there is no such file.
            UsageError: it is not TOML, or has unknown keys or wrong values; every one is named with its place.
        """
        located = _with_environment(toml_file.read(path), os.environ if environment is None else environment)
        parsed = tables.parse(Tables, located.data, located.where)
        origins = {
            f"{table}.{key}": located.where(table, key) for table, values in located.data.items() for key in values
        }
        return cls(parsed.project, parsed.defaults, parsed.scheduler, parsed.data, origins)

    def values(self) -> dict[str, Any]:
        """Every value by its dotted key, in the order of dmod.toml."""
        return {
            f"{table.name}.{key.name}": getattr(getattr(self, table.name), key.name)
            for table in fields(Tables)
            for key in fields(getattr(self, table.name))
        }


def setting(dotted: str) -> Field[Any]:
    """The field of a dotted key, whose metadata say what it is."""
    table, _, key = dotted.partition(".")
    return next(each for each in fields(hints(Tables)[table]) if each.name == key)


def variable(dotted: str) -> str:
    """The environment variable that goes before a key: `defaults.cpus` is DMOD_DEFAULTS_CPUS."""
    return f"DMOD_{dotted.replace('.', '_').upper()}"


def _with_environment(located: Located, environment: Mapping[str, str]) -> Located:
    for dotted in Config.default().values():
        name = variable(dotted)
        if name in environment:
            located = located.with_value(dotted, _typed(dotted, environment[name], name), f"environment {name}")
    return located


def _typed(dotted: str, text: str, name: str) -> str | int:
    """A variable is text; a whole number is meant only where the key holds one."""
    if not isinstance(Config.default().values()[dotted], int):
        return text
    value = toml_file.value(text)
    if not isinstance(value, str | int):
        raise UsageError(f'environment {name}: "{text}" is neither a number nor text')
    return value
