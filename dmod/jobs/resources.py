"""Resources: what a job asks for, and what a node has."""

from __future__ import annotations

from dataclasses import dataclass, field

from dmod.config import Defaults

_OF = Defaults.__dataclass_fields__  # one place says what these keys mean and how else people call them


@dataclass(frozen=True, slots=True)
class Resources:
    """What a job asks for; what it does not say is as [defaults] of dmod.toml says."""

    cpus: int = field(default=1, metadata=_OF["cpus"].metadata)  # ranks of a simulation
    memory: int = field(default=0, metadata=_OF["memory"].metadata)  # bytes for all ranks together; 0 is no limit
    paradigm: str = field(default="single-node", metadata=_OF["paradigm"].metadata)
    time_limit: int = field(default=0, metadata=_OF["time_limit"].metadata)  # seconds; 0 is no limit


@dataclass(frozen=True, slots=True)
class Node:
    """A host, and what of it may be given to jobs."""

    name: str
    cpus: int
    memory: int  # bytes


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one job holds of one node."""

    node: str
    cpus: int
    memory: int  # bytes
