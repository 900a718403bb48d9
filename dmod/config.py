"""Config: dmod.toml as frozen dataclasses; an unknown key is an error that names its neighbour."""

from __future__ import annotations

import os
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod import tables, toml_file
from dmod.config_services import Build, ImageTable, ObjectStoreTable, Stacks, Tls
from dmod.errors import UsageError
from dmod.tables import hints, key_of

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
            "choices": ("local", "docker"),
            "aliases": ("engine", "backend", "runner", "launcher"),
        },
    )
    image: str = field(
        default="worker",
        metadata={
            "doc": "in which workers run, if in containers: a name of images/, or what Docker calls it",
            "aliases": ("container", "container_image", "docker_image"),
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
    grace: int = field(  # seconds
        default=10,
        metadata={
            "doc": "for a job that is told to end (TERM), before it is killed (KILL)",
            "kind": "duration",
            "aliases": ("grace_period", "grace_time", "kill_after", "kill_delay", "kill_wait"),
        },
    )


@dataclass(frozen=True, slots=True)
class NodeTable:
    """A node: a share of this machine under a name."""

    cpus: int = field(
        metadata={
            "doc": "that jobs may have of it",
            "minimum": 1,
            "aliases": ("cpu", "cores", "max_cpus", "procs", "slots"),
        },
    )
    memory: int = field(  # bytes
        default=0,
        metadata={
            "doc": "that jobs may have of it; 0 is its part of this machine's, by its cpus",
            "kind": "memory",
            "aliases": ("mem", "mem_gb", "mem_mb", "ram", "max_memory"),
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
    outputs: str = field(
        default="folder",
        metadata={
            "doc": "where outputs of jobs go, when no job needs them here: folder, object-store",
            "choices": ("folder", "object-store"),
            "aliases": ("output", "output_store", "outputs_to", "results"),
        },
    )


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of dmod.toml."""

    project: ProjectTable = field(default_factory=ProjectTable, metadata={"aliases": ("name",)})
    defaults: Defaults = field(default_factory=Defaults, metadata={"aliases": ("resources", "default", "job", "jobs")})
    scheduler: Scheduler = field(default_factory=Scheduler, metadata={"aliases": ("queue",)})
    nodes: Mapping[str, NodeTable] = field(
        default_factory=dict,
        metadata={
            "doc": "shares of this machine by their names, in place of the one node that is detected",
            "aliases": ("node", "hosts", "machines", "pool"),
        },
    )
    limits: Mapping[str, int] = field(
        default_factory=dict,
        metadata={
            "doc": "how many tasks may run at once of the jobs whose names match",
            "minimum": 1,
            "aliases": ("limit", "concurrency", "throttle", "quotas"),
        },
    )
    data: Data = field(default_factory=Data, metadata={"aliases": ("dataset", "datasets", "store")})
    object_store: ObjectStoreTable = field(
        default_factory=ObjectStoreTable, metadata={"aliases": ("objects", "s3", "minio", "object-store", "bucket")}
    )
    build: Build = field(default_factory=Build, metadata={"aliases": ("docker", "pip")})
    images: Mapping[str, ImageTable] = field(
        default_factory=dict,
        metadata={
            "doc": "images of one's own, with modules, or around a compiled ngen",
            "aliases": ("image", "variants", "modules"),
        },
    )
    tls: Tls = field(default_factory=Tls, metadata={"aliases": ("ssl", "https", "certificates", "certificate")})
    stacks: Stacks = field(default_factory=Stacks, metadata={"aliases": ("stack", "services", "ports")})


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
        found = cls(**{table.name: getattr(parsed, table.name) for table in fields(Tables)})
        placed = {dotted: keys for dotted, keys, _ in found.entries() if keys in located.places}
        return replace(found, origins={dotted: located.where(*keys) for dotted, keys in placed.items()})

    def values(self) -> dict[str, Any]:
        """Every value by its dotted key, in the order of dmod.toml."""
        return {dotted: value for dotted, _, value in self.entries()}

    def entries(self) -> Iterator[tuple[str, tuple[str, ...], Any]]:
        """Every value with its dotted key and the keys that lead to it."""
        yield from _entries(self, [table.name for table in fields(Tables)], ())


def _entries(table: object, names: Iterable[str], above: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    called = {} if isinstance(table, Mapping) else {each.name: key_of(each) for each in fields(table)}  # type: ignore[arg-type]
    for name in names:
        value = table[name] if isinstance(table, Mapping) else getattr(table, name)
        keys = (*above, called.get(name, name))
        if isinstance(value, Mapping):
            yield from _entries(value, value, keys)
        elif is_dataclass(value):
            yield from _entries(value, [each.name for each in fields(value)], keys)
        else:
            yield ".".join(keys), keys, value


def setting(dotted: str) -> Field[Any]:
    """The field of a dotted key, whose metadata say what it is: `defaults.cpus`, `nodes.big.cpus`, `limits.calib-*`."""
    name, _, key = dotted.partition(".")
    table = next(each for each in fields(Tables) if each.name == name)
    hint = hints(Tables)[name]
    if typing.get_origin(hint) is Mapping:  # of names, which may have dots
        hint, key = typing.get_args(hint)[1], key.rpartition(".")[2]
    return next(each for each in fields(hint) if key_of(each) == key) if is_dataclass(hint) else table


def variable(dotted: str) -> str:
    """The environment variable that goes before a key: `defaults.cpus` is DMOD_DEFAULTS_CPUS; "": it has none."""
    name = dotted.partition(".")[0]
    if typing.get_origin(hints(Tables)[name]) is Mapping:
        return ""
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
