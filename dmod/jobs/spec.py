"""Spec: what the user asked for, as a job file says it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.config import Defaults
from dmod.jobs import retry
from dmod.jobs.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping


_OF = Defaults.__dataclass_fields__


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What all kinds of jobs have; a kind adds a table of its own name."""

    kind: str = field(metadata={"doc": "command, simulation or evaluation", "aliases": ("type", "job_type")})
    name: str = field(default="", metadata={"doc": "by default that of the file"})
    executor: str = field(default="local", metadata=_OF["executor"].metadata)
    image: str = field(default="worker", metadata=_OF["image"].metadata)
    network: str = field(
        default="none",
        metadata={"doc": "that containers are on: none, bridge, or one that Docker knows"},
    )
    resources: Resources = field(default_factory=Resources, metadata={"aliases": ("resource", "defaults", "limits")})
    priority: int = field(
        default=50, metadata={"doc": "0 to 100: the higher, the sooner", "minimum": 0, "maximum": 100}
    )
    at_once: int = field(
        default=0,
        metadata={"doc": "so many of its tasks at once; 0 is no limit", "minimum": 0, "aliases": ("max_running",)},
    )
    retries: int = field(
        default=0,
        metadata={"doc": "a task that failed is run so many times again", "minimum": 0, "aliases": ("retry",)},
    )
    retry_on: tuple[str, ...] = field(
        default=("any",),
        metadata={"doc": f"only for these causes: {', '.join(retry.CAUSES)}, exit:75, signal:SIGKILL"},
    )
    retry_delay: int = field(  # seconds
        default=10,
        metadata={
            "doc": "before the second attempt; twice as long each time",
            "kind": "duration",
            "aliases": ("backoff",),
        },
    )
    max_fails: int = field(
        default=0, metadata={"doc": "after so many failed tasks the rest is canceled; 0 is never", "minimum": 0}
    )
    seed: int = field(
        default=0, metadata={"doc": "task n finds seed + n in DMOD_SEED, a point of a sweep its seed", "minimum": 0}
    )

    def __post_init__(self) -> None:
        """Refuse a cause that nothing has."""
        retry.require(self.retry_on)

    @property
    def table(self) -> Any:  # noqa: ANN401 - the dataclass of the kind
        """The table of the kind."""
        return getattr(self, self.kind)

    def to_json(self) -> str:
        """The spec as JSON; `dmod.jobs.kinds.from_json` reads it."""
        return json.dumps(plain(asdict(self)), ensure_ascii=False)


def plain(value: Any) -> Any:  # noqa: ANN401 - what JSON holds comes out
    """A value with its times and paths as JSON has them."""
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def stamp(time: datetime) -> str:
    """A time as JSON has it: RFC 3339 in UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def mapping(table: object) -> Mapping[str, Any]:
    """The table of a kind as JSON has it, without what was not said."""
    return {key: each for key, each in plain(asdict(table)).items() if each is not None}  # type: ignore[call-overload]
